"""Checkpoints of one job on fsspec: each attempt writes under its own fence, a later one reads the newest."""

import os
import re
import uuid
from pathlib import PurePosixPath

import fsspec
from fsspec.implementations.local import LocalFileSystem

_NAME = re.compile(r"^(\d+)\.checkpoint$")


class Checkpoints:
    """The checkpoints of a job below the artifacts' URL. An attempt that lost its lease harms no later one."""

    def __init__(self, url: str, *, project: str, job: str) -> None:
        self._filesystem, root = fsspec.core.url_to_fs(url)
        self._folder = f"{root.rstrip('/')}/checkpoints/{project}/{job}"

    def write(self, fence: int, content: bytes) -> None:
        """Replace what the attempt with this fence wrote before; readers see the old content or the new one whole."""
        self._filesystem.makedirs(self._folder, exist_ok=True)
        temporary = f"{self._folder}/{uuid.uuid4().hex}.incoming"
        with self._filesystem.open(temporary, "wb") as stream:
            stream.write(content)
        self._move(temporary, f"{self._folder}/{fence}.checkpoint")

    def newest(self, fence: int) -> bytes | None:
        """Return what the last attempt up to ``fence`` wrote; None where none wrote anything."""
        fences = [found for found in self._fences() if found <= fence]
        if not fences:
            return None
        content: bytes = self._filesystem.cat_file(f"{self._folder}/{max(fences)}.checkpoint")
        return content

    def clear(self) -> None:
        """Remove everything; harmless where there is nothing."""
        if self._filesystem.exists(self._folder):
            self._filesystem.rm(self._folder, recursive=True)

    def _fences(self) -> list[int]:
        if not self._filesystem.exists(self._folder):
            return []
        names = (PurePosixPath(path).name for path in self._filesystem.ls(self._folder, detail=False))
        return [int(match[1]) for match in map(_NAME.match, names) if match]

    def _move(self, temporary: str, target: str) -> None:
        if isinstance(self._filesystem, LocalFileSystem):
            os.replace(temporary, target)
        else:
            self._filesystem.mv(temporary, target)
