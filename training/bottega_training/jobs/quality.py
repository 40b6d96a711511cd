"""The ``quality`` job: read what is new of the prediction log, join labels, measure the days they touch.

New files of the log become one part per day (a blob, see :mod:`bottega_feature_store.ground_truth.parts`), so
that no file is read twice and a day is measured from a few blobs. Labels are fetched page by page over the channel.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from bottega.protocol import JobContext
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ground_truth import parts
from bottega_feature_store.ground_truth.log import PredictionLog, Seen
from bottega_feature_store.ground_truth.parts import Part, Version
from bottega_feature_store.quoting import literal
from bottega_feature_store.tables.duck import connect
from bottega_training.evaluate.realised import realised

MERGE_ABOVE = 8
DAY_US = 86_400_000_000


class QualityInputs(msgspec.Struct, frozen=True):
    """What the platform resolves: label ids up to ``seen`` were treated by earlier runs, ``bound`` is the last."""

    project_id: str
    endpoint_id: str
    revision: int
    seen: int
    bound: int
    days: list[str]
    versions: list[Version]
    parts: list[Part]
    log_read: dict[str, Seen]
    log_from: str
    strangers_from_us: int
    read_at: str


def run(context: JobContext) -> dict[str, Any]:
    """Return new parts, measured days, and how far log and labels were read."""
    scratch = Path(context.start.scratch)
    with connect(scratch) as connection:
        connection.execute(f"ATTACH {literal(str(scratch / 'quality.duckdb'))} AS work; USE work")
        return _Run(context, connection, scratch).result()


class _Run:
    """One run: what it knows, and the steps in their order."""

    def __init__(self, context: JobContext, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self.context = context
        self.connection = connection
        self.scratch = scratch
        self.inputs = msgspec.convert(context.inputs, QualityInputs)
        self.blobs = BlobStore(context.connection("artifacts"))
        self.versions = {(one.model, one.version): one for one in self.inputs.versions}
        self.added: list[Part] = []
        self.replaced: list[tuple[str, str]] = []

    def result(self) -> dict[str, Any]:
        seen = self._read_log()
        self.added = parts.store(self.connection, self.blobs, self.scratch)
        placed = self._place_labels()
        touched = sorted({*self.inputs.days, *placed, *(part.day for part in self.added)})
        days = [self._measure(day, number, len(touched)) for number, day in enumerate(touched, start=1)]
        return {
            "revision": self.inputs.revision,
            "bound": self.inputs.bound,
            "read_at": self.inputs.read_at,
            "log_read": msgspec.to_builtins(seen),
            "parts": msgspec.to_builtins(self.added),
            "replaced": [list(pair) for pair in self.replaced],
            "days": days,
        }

    # the log

    def _read_log(self) -> dict[str, Seen]:
        """Gather the predictions of files that no run has read; return what is read now of each recent date."""
        inputs = self.inputs
        log = PredictionLog(self.context.connection("artifacts"), inputs.project_id, inputs.endpoint_id)
        seen = {date: one for date, one in inputs.log_read.items() if date >= inputs.log_from}
        parts.create(self.connection)
        for date, names in log.new_files(seen, inputs.log_from):
            self.context.progress(0, None, f"reading {len(names):,} files of the log of {date}", "days")
            parts.gather(self.connection, log.urls(date, names), inputs.versions)
            seen[date] = seen.get(date, Seen()).with_read(names)
        return seen

    # labels by request id

    def _place_labels(self) -> set[str]:
        """Find the days of waiting labels; new ones are looked up in old parts, too. Return the days found."""
        days: set[str] = set()
        for page in self._waiting():
            fresh = [made_at for label, _, made_at in page if label > self.inputs.seen]
            self._fill("waiting", "unhex(reference) AS reference", reference=[reference for _, reference, _ in page])
            for part in [*self.added, *self._may_hold(fresh)]:
                found = parts.find_requests(self.connection, self.blobs, self.scratch, part)
                if found:
                    self.context.call("labels.place", found=found)
                    days.add(part.day)
        return days

    def _waiting(self) -> Iterator[list[list[Any]]]:
        after = 0
        while page := self.context.call("labels.waiting", after=after, bound=self.inputs.bound):
            yield page
            after = page[-1][0]

    def _may_hold(self, made_at: list[int | None]) -> list[Part]:
        """Return the known parts that can hold requests made at these moments; callers' own ids tell none."""
        moments = [moment for moment in made_at if moment is not None]
        return [
            part
            for part in self.inputs.parts
            if (len(moments) < len(made_at) and part.last_us >= self.inputs.strangers_from_us)
            or any(part.first_us - DAY_US <= moment <= part.last_us + DAY_US for moment in moments)
        ]

    # one day

    def _measure(self, day: str, number: int, total: int) -> dict[str, Any]:
        self.context.progress(number - 1, total, f"measuring {day}", "days")
        known = [part for part in [*self.inputs.parts, *self.added] if part.day == day]
        if len(known) > MERGE_ABOVE:
            known = [self._merge(day, known)]
        self._load(day, known)
        counts = self.connection.execute(
            "SELECT count(*), count(*) FILTER (reference IN (SELECT a_ref FROM joined) OR reference IN"
            " (SELECT b_ref FROM joined)) FROM labels"
        ).fetchall()
        labels, matched = counts[0]
        return {"day": day, "labels": labels, "matched": matched, "versions": self._by_version()}

    def _merge(self, day: str, known: list[Part]) -> Part:
        merged = parts.merge(self.connection, self.blobs, self.scratch, day, known)
        self.replaced += [(day, part.digest) for part in known if part.digest != merged.digest]
        self.added = [part for part in self.added if part.day != day] + [merged]
        return merged

    def _load(self, day: str, known: list[Part]) -> None:
        """Join the day's predictions with its labels; where a prediction has two, the later one counts."""
        self.connection.execute("CREATE OR REPLACE TEMP TABLE labels (reference BLOB, id BIGINT, value DOUBLE)")
        for page in self._labels(day):
            references, ids, values = zip(*page, strict=True)
            self._fill("page", "unhex(reference) AS reference, id, value", reference=references, id=ids, value=values)
            self.connection.execute("INSERT INTO labels SELECT * FROM page")
        source = (
            parts.read_sql(self.connection, self.blobs, self.scratch, known)
            if known
            else "SELECT * EXCLUDE day FROM fresh WHERE false"
        )
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE joined AS SELECT model, version, output, a.reference AS a_ref,"  # noqa: S608
            " b.reference AS b_ref, CASE WHEN b.id IS NULL OR a.id > b.id THEN a.value ELSE b.value END AS label"
            f" FROM ({source}) p LEFT JOIN labels a ON a.reference = p.request_ref"
            " LEFT JOIN labels b ON b.reference = p.key_ref"
        )

    def _fill(self, table: str, columns: str, **values: Any) -> None:
        """Make a temporary table of these values, column by column."""
        self.connection.register("values_given", pa.table(values))
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM values_given")  # noqa: S608
        self.connection.unregister("values_given")

    def _labels(self, day: str) -> Iterator[list[list[Any]]]:
        after = ""
        while page := self.context.call("labels.of_day", day=day, after=after, bound=self.inputs.bound):
            yield page
            after = page[-1][0]

    def _by_version(self) -> list[dict[str, Any]]:
        counts = self.connection.execute(
            "SELECT model, version, count(*), count(label) FROM joined GROUP BY model, version ORDER BY model, version"
        ).fetchall()
        return [
            self._version(model, version, predictions, labelled)
            for model, version, predictions, labelled in counts
            if (model, version) in self.versions
        ]

    def _version(self, model: str, version: int, predictions: int, labelled: int) -> dict[str, Any]:
        task = self.versions[model, version].task
        columns = self.connection.execute(
            "SELECT label, output FROM joined WHERE model = ? AND version = ? AND label IS NOT NULL", [model, version]
        ).fetchnumpy()
        metrics, reasons = realised(task, np.asarray(columns["label"]), np.asarray(columns["output"]))
        return {
            "model": model,
            "version": version,
            "task": task,
            "predictions": predictions,
            "labelled": labelled,
            "metrics": metrics,
            "reasons": reasons,
        }
