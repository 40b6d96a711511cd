"""Answers that may be larger than memory: pulled piece by piece in a thread, sent as they come.

Django collects a synchronous iterator whole before it sends it from an asynchronous server; this one is asynchronous.
"""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import IO, Any
from urllib.parse import quote

from django.db import connection
from django.http import StreamingHttpResponse

CHUNK_BYTES = 1 << 20


def stream(chunks: Generator[bytes], *, content_type: str, filename: str, etag: str = "") -> StreamingHttpResponse:
    """Answer with what ``chunks`` gives; its ``finally`` runs when the reader has all of it or has gone.

    The first piece is made before the answer begins, so that its errors become problem documents.
    """
    first = next(chunks, b"")
    _give_connection_back()
    answer = StreamingHttpResponse(_pulled(first, chunks), content_type=content_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    answer["Cache-Control"] = "no-store"
    if etag:
        answer["ETag"] = f'"{etag}"'
    return answer


def file_chunks(source: IO[bytes]) -> Generator[bytes]:
    """Yield a file's content and close it."""
    with source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


async def _pulled(first: bytes, chunks: Generator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        while (chunk := await _next(chunks)) is not None:
            yield chunk
    finally:
        await asyncio.to_thread(chunks.close)


async def _next(chunks: Iterator[bytes]) -> bytes | None:
    """Return the next piece; when cancelled, wait for the thread first: it still holds the generator."""
    pull: asyncio.Future[Any] = asyncio.ensure_future(asyncio.to_thread(next, chunks, None))
    try:
        found: bytes | None = await asyncio.shield(pull)
    except asyncio.CancelledError:
        await asyncio.wait([pull])
        raise
    return found


def _give_connection_back() -> None:
    """A slow reader must not hold one of the few database connections meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
