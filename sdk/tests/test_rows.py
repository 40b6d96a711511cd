"""Arrow rows come whole, however the network cuts them."""

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

from bottega.client.rows import whole


@pytest.mark.parametrize("size", [1, 7, 1000, 1_000_000])
def test_rows_are_read_from_chunks_of_any_size(size):
    table = pa.table({"id": range(5_000), "name": [f"row {number}" for number in range(5_000)]})
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_000)
    content = sink.getvalue().to_pybytes()
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    with ipc.open_stream(whole(chunks)) as reader:
        assert reader.read_all() == table
