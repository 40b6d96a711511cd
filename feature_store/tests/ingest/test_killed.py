"""A child that is killed between writing its files and committing them leaves nothing that a reader can see."""

import os
import signal
from multiprocessing import get_context
from typing import Any

import pytest
from pyiceberg.exceptions import NoSuchTableError

from bottega.specs import Column
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ingest.job import run
from bottega_feature_store.tables import Tables, table_identifier

CSV = b"a,b\n1,x\n2,y\n"


def die(*told: Any, **_: Any) -> None:
    """Killed as soon as the rows are written, before the profile and the commit."""
    if told[0]:
        os.kill(os.getpid(), signal.SIGKILL)


def killed(context: Any) -> None:
    context.progress = die
    run(context)


def test_a_killed_ingest_leaves_no_snapshot_and_its_retry_publishes_one(job_context: Any, tmp_path: Any) -> None:
    first, second = job_context({}, job="job_killed"), job_context({}, job="job_killed")
    upload = BlobStore(first.connection("artifacts")).put_bytes(CSV).sha256
    for context in (first, second):
        context.start.inputs.update(project_id="prj_killed", table_id="tbl_killed", source={"upload": upload})
    child = get_context("fork").Process(target=killed, args=(first,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert [path.parent.parent.name for path in tmp_path.rglob("*.parquet")] == [first.staging_name]

    tables = Tables(second.connection("iceberg"), second.connection("artifacts"))
    identifier = table_identifier("prj_killed", "tbl_killed", [Column("a", "int32"), Column("b", "string")])
    with pytest.raises(NoSuchTableError):
        tables.columns(identifier)

    found = run(second)
    assert found["identifier"] == identifier
    assert [url.split("/")[-3] for url in tables.files(identifier, found["snapshot_id"])] == [second.staging_name]
    assert tables.arrow(identifier, found["snapshot_id"]).num_rows == 2
