"""The supervisor of `bottega up`: one process that starts, watches and ends all others of a home."""
