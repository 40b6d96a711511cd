"""Jobs of the data path, each with what a reader sees of it and what must come of it once."""

from typing import Any

import psycopg
from processes import eventually
from shop import LATE, ROWS, SHOPS, TIMES, Shop, lateness, run_now, text, visits
from walk import Case

from bottega.specs import TableRead
from bottega_feature_store.tables import Tables
from bottega_platform.api.errors import Conflict
from bottega_platform.artifacts.services import blobs
from bottega_platform.config import env
from bottega_platform.features import loads, pointers, reading
from bottega_platform.features.models import FeatureView
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job
from bottega_platform.sources.models import Inspection
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableVersion
from bottega_platform.training_sets.models import TrainingSet

SHOP_KEYS = [{"shop": "north"}, {"shop": "south"}]


def inspect() -> Case:
    """What an uploaded file seems to hold."""
    shop = Shop()
    made = shop.post(f"/uploads/{shop.upload(visits())}/inspections", {})

    def seen() -> Any:
        row = Inspection.objects.get(pk=made["id"])
        return str(row.state), row.found

    def check() -> None:
        state, found = seen()
        assert state == "ready"
        assert {column["name"] for column in found["columns"]} >= {"shop", "at"}

    return Case(Job.objects.get(pk=made["job"]), seen, check)


def ingest() -> Case:
    """A second, longer file over a published first one."""
    shop = Shop()
    run_now(shop.source("visits", visits(rows=100)))
    address, digest = "/projects/shop/sources/visits", shop.upload(visits())
    etag = shop.client.get(address)["ETag"]
    spec = {"upload": digest, "keys": ["shop"], "event_time": "at"}
    assert shop.client.patch(address, {"spec": spec}, If_Match=etag).status_code == 200

    def seen() -> Any:
        version = tables.published(shop.project, "visits")
        return version.number, version.rows

    def check() -> None:
        assert seen() == (2, ROWS)
        assert rows_of(TableVersion.objects.get(job_id=job.pk)) == ROWS

    job = shop.ingest("visits")
    return Case(job, seen, check)


def rows_of(version: TableVersion) -> int:
    """Count the rows of a version's files."""
    read: TableRead = tables.read_of(version)
    urls = resolve(("iceberg", "artifacts"))
    catalog = Tables(urls["iceberg"], urls["artifacts"])
    try:
        return catalog.arrow(read.identifier, read.snapshot_id, columns=["shop"]).num_rows
    finally:
        catalog.close()


def feature_view() -> Case:
    """A view on Spark."""
    shop = Shop()
    view = shop.define_view()

    def seen() -> Any:
        now = shop.view()
        return now.computed_version, now.columns, now.table_version_id

    def check() -> None:
        assert seen()[0] == view.version
        versions = list(TableVersion.objects.filter(table_id=view.table_id))
        assert [(found.job_id, found.rows, rows_of(found)) for found in versions] == [(job.pk, ROWS, ROWS)]

    job = loads.compute(actor=None, view=view)
    return Case(job, seen, check)


def load_online() -> Case:
    """A second load, as of a later hour, over one that readers follow."""
    shop = Shop()
    view = shop.compute_view()
    first = loads.load(actor=None, view=view, as_of=TIMES[100])
    run_now(Job.objects.get(pk=first.job_id))
    pointers.deliver({"load": first.pk})
    for waiting in Job.objects.filter(kind="feast_export", state="queued"):
        jobs.cancel(job=waiting)  # an export that waits is not asked for again, and this load's publishing shall ask

    def seen() -> Any:
        return online(view)

    def check() -> None:
        eventually(lambda: seen() == [248.0, 249.0], seconds=90, what="readers to follow the new load")
        with pointers.store() as client:
            tags = {key.split(b":")[3] for key in client.scan_iter(match=f"b1:{shop.project.pk}:*:{job.pk}-*".encode())}
        job.refresh_from_db()
        assert tags == {job.staging_name.encode()}, "values of an attempt that was stopped are left"

    second = loads.load(actor=None, view=view, as_of=TIMES[250])
    job = Job.objects.get(pk=second.job_id)
    return Case(job, seen, check)


def online(view: FeatureView) -> list[float] | None:
    """What readers get for both shops as of the 250th hour, None while there is nothing to follow."""
    try:
        return [row["values"]["spent"] for row in reading.read(view, SHOP_KEYS, TIMES[250])]
    except Conflict:
        return None


def feast_export() -> Case:
    """The definitions of a computed view and a service."""
    shop = Shop()
    shop.compute_view()
    shop.define_service()

    def check() -> None:
        with psycopg.connect(env.current().database("feast").url()) as connection:
            found = {
                table: connection.execute(
                    f"SELECT count(*) FROM {table} WHERE project_id = %s", [shop.project.pk]
                ).fetchone()
                for table in ("feature_views", "feature_services")
            }
        assert found == {"feature_views": (1,), "feature_services": (1,)}

    job = jobs.enqueue(project=shop.project, kind="feast_export", subject=shop.project.pk, spec={})
    return Case(job, lambda: None, check)


def training_set(engine: str = "duckdb") -> Case:
    """Labels joined with the view."""
    shop = Shop()
    shop.compute_view()
    shop.define_service()
    run_now(shop.source("lateness", lateness()))
    split = {"kind": "time", "valid_from": text(TIMES[180]), "test_from": text(TIMES[240])}
    spec = {"labels": "lateness", "label": "late", "event_time": "at", "feature_service": "known", "split": split}
    made = shop.post("/training-sets", {"name": "rows", "spec": {**spec, "engine": engine}})

    def seen() -> Any:
        row = TrainingSet.objects.get(pk=made["id"])
        return row.state, row.splits, row.counts

    def check() -> None:
        state, splits, counts = seen()
        assert (state, counts["rows"]) == ("ready", len(LATE))
        assert sum(counts[split] for split in ("train", "valid", "test")) == len(SHOPS)
        for digest in splits.values():
            blobs().verify(digest)

    return Case(Job.objects.get(pk=made["job"]), seen, check)
