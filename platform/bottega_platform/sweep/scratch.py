"""Scratch folders of attempts that no running job owns."""

import contextlib
import shutil
from collections.abc import Iterable

from bottega_platform.config import env
from bottega_platform.sweep.sweepers import Sweep, sweeper


@sweeper("scratch")
def scratch(sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Remove the folders of attempts that are over; those of this machine."""
    for path in sorted((env.current().home / "scratch").glob("job_*-*")):
        if path.name in sweep.running:
            continue
        with contextlib.suppress(FileNotFoundError):  # its worker, or another sweep, removes it at the same time
            if path.stat().st_mtime < sweep.before.timestamp():
                size = sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
                if not sweep.dry_run:
                    shutil.rmtree(path)
                yield path.name, size
