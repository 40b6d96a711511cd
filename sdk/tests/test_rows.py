"""Rows come in chunks that end anywhere, and make the same table."""

import io

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

from bottega.client.rows import readable

TABLE = pa.table({"number": range(5_000), "text": [f"row {number}" for number in range(5_000)]})


def stream() -> bytes:
    target = io.BytesIO()
    with ipc.new_stream(target, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=2_000)
    return target.getvalue()


@pytest.mark.parametrize("size", [1, 7, 1_000, 65_536, 10**9])
def test_a_table_is_read_whole_whatever_the_chunks_are(size: int) -> None:
    content = stream()
    chunks = (content[at : at + size] for at in range(0, len(content), size))
    with ipc.open_stream(readable(chunks)) as reader:
        assert reader.read_all().equals(TABLE)


def test_a_stream_that_was_cut_off_is_an_error() -> None:
    with pytest.raises((OSError, pa.ArrowInvalid)), ipc.open_stream(readable(iter([stream()[:-1_000]]))) as reader:
        reader.read_all()
