"""The encoding: a record alone is encoded as in a batch, and files are checked before they are read."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bottega.bundle import ModelInput
from bottega.problems import DataProblem
from bottega_training.data import Encoding, load, make_encoding

ENCODING = Encoding(
    [
        ModelInput("price", "float64", "request"),
        ModelInput("member", "bool", "view"),
        ModelInput("shop", "string", "key", categories=["east", "north"]),
    ]
)
SCHEMA = pa.schema([("price", pa.float64()), ("member", pa.bool_()), ("shop", pa.string())])
records = st.fixed_dictionaries(
    {
        "price": st.none() | st.floats(),
        "member": st.none() | st.booleans(),
        "shop": st.none() | st.sampled_from(["east", "north", "unseen", ""]),
    }
)


@settings(deadline=None)
@given(st.lists(records, min_size=1, max_size=8))
def test_a_record_alone_is_encoded_as_in_a_batch(rows):
    batch = ENCODING.encode(pa.Table.from_pylist(rows, SCHEMA))
    alone = np.array([ENCODING.encode_record(row) for row in rows])
    np.testing.assert_array_equal(batch, alone)


def test_null_unseen_and_infinite_are_nan():
    assert all(map(math.isnan, ENCODING.encode_record({"price": math.inf, "member": None, "shop": "unseen"})))


def test_categories_are_learnt_in_order_from_the_training_split_only(tmp_path):
    path = tmp_path / "train.parquet"
    table = pa.table({"shop": ["west", None, "east", "west"], "size": [1, 2, None, 4], "note": ["a", "b", "c", "d"]})
    pq.write_table(table, path)
    features = [
        {"name": "shop", "type": "string", "origin": "key", "categorical": True},
        {"name": "size", "type": "int64", "origin": "view", "view": "things"},
        {"name": "note", "type": "string", "origin": "request"},
    ]
    encoding = make_encoding(features, path)
    assert encoding.names == ["shop", "size"]
    assert encoding.inputs[0].categories == ["east", "west"]
    assert (encoding.inputs[1].low, encoding.inputs[1].high) == (1.0, 4.0)


def test_a_split_without_an_input_is_named(tmp_path):
    path = tmp_path / "valid.parquet"
    pq.write_table(pa.table({"price": [1.0], "label": [1]}), path)
    with pytest.raises(DataProblem, match="member, shop"):
        load(path, ENCODING)
