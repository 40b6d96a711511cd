"""Libraries that only some calls need: checked when they are called, named with the command that brings them."""

from importlib.util import find_spec

from bottega.problems import ProblemError


class MissingExtra(ProblemError, ImportError):
    """A library that this call needs is not installed."""

    code = "missing_extra"
    title = "A library is missing"


def need(*modules: str, extra: str) -> None:
    """Raise :class:`MissingExtra` when one of these modules is not installed."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        detail = f"This needs {', '.join(missing)}, which the plain package leaves out."
        raise MissingExtra(detail, hint=f"pip install 'bottega[{extra}]'")
