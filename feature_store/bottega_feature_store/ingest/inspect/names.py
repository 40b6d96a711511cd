"""Names that features, keys and requests can have, for headers that cannot."""

import re
import unicodedata

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
RESERVED = frozenset({"event_time", "created_time", "row_id", "label"})


def usable(headers: list[str]) -> list[str]:
    """Return one name per header, each different in small letters: the header itself where that is a name."""
    found: list[str] = []
    for header in headers:
        wanted = header if NAME.match(header) and header.lower() not in RESERVED else _plain(header)
        found.append(_free(wanted, {name.lower() for name in found}))
    return found


def _plain(header: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    text = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_").lower()[:50] or "column"
    text = text if text[0].isalpha() else f"n_{text}"
    return f"{text}_value" if text in RESERVED else text


def _free(wanted: str, taken: set[str]) -> str:
    if wanted.lower() not in taken:
        return wanted
    number = 2
    while f"{wanted}_{number}".lower() in taken:
        number += 1
    return f"{wanted}_{number}"
