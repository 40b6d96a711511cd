"""Job kind ``inspect``: what an uploaded file seems to hold, from its beginning and samples of the rest.

Inputs: ``upload`` (digest) and ``format`` (a :class:`~bottega.specs.CsvFormat`, or null to guess it). The result is a
:class:`~bottega.specs.FileInspection`. Nothing of the file is kept.
"""

from pathlib import Path
from typing import Any

import msgspec

from bottega.protocol import JobContext
from bottega.specs import CsvFormat
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.figures import size
from bottega_feature_store.ingest.inspect import guess
from bottega_feature_store.ingest.inspect.sample import take
from bottega_feature_store.ingest.unpack import open_archive
from bottega_feature_store.tables.duck import connect

MEMORY = "1GB"


def run(context: JobContext) -> dict[str, Any]:
    """Inspect the upload."""
    said = msgspec.convert(context.inputs["format"], CsvFormat | None)
    upload = context.inputs["upload"]
    scratch = Path(context.start.scratch)
    context.progress(0, 2, "reading the beginning and samples", "steps")
    blob = BlobStore(context.connection("artifacts")).path_or_copy(upload, scratch)
    sample = take(open_archive(blob, scratch), said.encoding if said else None)
    context.log(f"upload {upload[:12]}: read {size(sample.read)} of {size(sample.size)} as {sample.encoding}")
    context.progress(1, 2, "looking at the columns", "steps")
    with connect(scratch, memory=MEMORY) as connection:
        found = guess.inspect(connection, scratch, sample, upload, said)
    context.log(f"{len(found.columns)} columns, {found.rows_read:,} rows looked at, {len(found.notes)} notes")
    document: dict[str, Any] = msgspec.to_builtins(found)
    return document
