"""Folders of a home, and the way to them for a service that runs under a user of its own."""

import errno
import os
import stat
import struct
from pathlib import Path

_ACL = "system.posix_acl_access"
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_EXECUTE, _NOBODY = 1, 0xFFFFFFFF


def give(folder: Path, uid: int) -> None:
    """Make ``folder`` and all in it belong to ``uid``."""
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(base, name), uid, uid, follow_symlinks=False)
    os.chown(folder, uid, uid)


def open_way(folder: Path, uid: int) -> list[Path]:
    """Let ``uid`` walk through the parents of ``folder``, and nothing more: no listing, no reading.

    Only parents that it cannot pass get an access-control entry for this one user; a file system without
    such entries gets the plain search bit instead. Returns the parents that were changed.
    """
    changed = []
    for parent in reversed(folder.absolute().parents):
        mode = parent.stat().st_mode
        if mode & stat.S_IXOTH or _may_pass(parent, uid):
            continue
        try:
            os.setxattr(parent, _ACL, _with_entry(parent, mode, uid))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM):
                raise
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
        changed.append(parent)
    return changed


def _entries(parent: Path) -> list[tuple[int, int, int]]:
    try:
        raw = os.getxattr(parent, _ACL)
    except OSError:
        return []
    return [_ENTRY.unpack_from(raw, at) for at in range(_VERSION.size, len(raw), _ENTRY.size)]


def _may_pass(parent: Path, uid: int) -> bool:
    entries = _entries(parent)
    mask = next((perm for tag, perm, _ in entries if tag == _MASK), 7)
    return any(tag == _USER and who == uid and perm & mask & _EXECUTE for tag, perm, who in entries)


def _with_entry(parent: Path, mode: int, uid: int) -> bytes:
    group = stat.S_IMODE(mode) >> 3 & 7
    entries = _entries(parent) or [
        (_USER_OBJ, stat.S_IMODE(mode) >> 6 & 7, _NOBODY),
        (_GROUP_OBJ, group, _NOBODY),
        (_MASK, group, _NOBODY),
        (_OTHER, mode & 7, _NOBODY),
    ]
    kept = [(tag, perm, who) for tag, perm, who in entries if not (tag == _USER and who == uid)]
    kept = [(tag, perm | (_EXECUTE if tag == _MASK else 0), who) for tag, perm, who in kept]
    # The kernel wants them sorted by tag, and users by number.
    ordered = sorted([*kept, (_USER, _EXECUTE, uid)], key=lambda entry: (entry[0], entry[2]))
    return _VERSION.pack(2) + b"".join(_ENTRY.pack(*entry) for entry in ordered)
