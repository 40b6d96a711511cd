"""Watch a child's memory: by a cgroup (version 2) where one is writable, else by resident size.

Never by RLIMIT_AS, which kills honest jobs: imports alone reserve gigabytes of addresses.
"""

import contextlib
from pathlib import Path

import psutil

CGROUP_ROOT = Path("/sys/fs/cgroup")


class MemoryWatch:
    """Tells whether a child went over its limit."""

    def __init__(self, pid: int, limit_bytes: int, *, name: str, root: Path = CGROUP_ROOT) -> None:
        self.limit_bytes = limit_bytes
        self.peak_bytes = 0
        self._pid = pid
        self._group = _make_group(root, name, pid, limit_bytes)

    def exceeded(self) -> bool:
        """Measure once; true when the child and its children use more than the limit, or were killed for it."""
        if self._group is not None and self.killed():
            return True
        used = resident_bytes(self._pid)
        self.peak_bytes = max(self.peak_bytes, used)
        return used > self.limit_bytes

    def killed(self) -> bool:
        """Tell whether the kernel killed something in the child's cgroup for its memory."""
        if self._group is None:
            return False
        events = dict(line.split() for line in (self._group / "memory.events").read_text().splitlines())
        return int(events.get("oom_kill", 0)) > 0

    def close(self) -> None:
        """Remove the cgroup."""
        if self._group is not None:
            with contextlib.suppress(OSError):
                self._group.rmdir()

    def describe(self) -> str:
        """Return the limit in words."""
        return f"{self.limit_bytes / 1024**3:.2f} GiB"


def resident_bytes(pid: int) -> int:
    """Return the resident size of a process and its descendants."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total


def default_limit(slots: int) -> int:
    """Return a slot's fair share of four fifths of the machine's memory."""
    return int(psutil.virtual_memory().total * 0.8 / max(1, slots))


def _make_group(root: Path, name: str, pid: int, limit_bytes: int) -> Path | None:
    if not (root / "cgroup.controllers").exists():
        return None
    group = root / "bottega" / name
    try:
        group.mkdir(parents=True, exist_ok=True)
        (root / "bottega" / "cgroup.subtree_control").write_text("+memory")
        (group / "memory.max").write_text(str(limit_bytes))
        (group / "memory.oom.group").write_text("1")
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        with contextlib.suppress(OSError):
            group.rmdir()
        return None
    return group
