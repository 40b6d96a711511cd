"""The ``bottega`` command: a thin shell whose commands come from the installed members."""
