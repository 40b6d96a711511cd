"""Figures as people read them in a job's log."""


def size(count: float) -> str:
    """Return a number of bytes with its unit."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
