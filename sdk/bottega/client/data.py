"""Sources and tables."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bottega.client import rows
from bottega.client.progress import Observer, observer
from bottega.client.resources import Collection, Resource
from bottega.problems import ProblemError
from bottega.specs import Column, CsvFormat, SourceSpec

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def moment(as_of: "datetime | str | None") -> str | None:
    """Return a moment as the API takes it.

    Raises:
        ValueError: a time without zone.
    """
    if as_of is None or isinstance(as_of, str):
        return as_of
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone: datetime(..., tzinfo=UTC)")
    return as_of.isoformat()


class Table(Resource):
    """A table of the project: what a source or a feature view published."""

    kind = "Table"
    page = "tables"

    @property
    def rows(self) -> int:
        """How many rows the published version has."""
        return int(self._current()["rows"])

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [column["name"] for column in self._current()["columns"]]

    def to_arrow(
        self,
        *,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
        as_of: "datetime | str | None" = None,
        version: int | None = None,
    ) -> "pa.Table":
        """Return the rows as an Arrow table; arguments as of :meth:`to_pandas`."""
        query = {"limit": limit, "as_of": moment(as_of), "version": version}
        return rows.arrow(self.client, f"{self.path}/rows", columns=columns, **query)

    def to_pandas(
        self,
        *,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
        as_of: "datetime | str | None" = None,
        version: int | None = None,
    ) -> "pd.DataFrame":
        """Return the rows as a pandas frame.

        Args:
            columns: only these, in this order.
            limit: at most so many, from the first on.
            as_of: the version that was published at that moment.
            version: the version of this number.

        Raises:
            MissingExtra: ``bottega[pandas]`` is not installed.
        """
        return self.to_arrow(columns=columns, limit=limit, as_of=as_of, version=version).to_pandas()

    def head(self, count: int = 5) -> "pd.DataFrame":
        """Return the first rows."""
        return self.to_pandas(limit=count)

    def versions(self) -> list[dict[str, Any]]:
        """Return the published versions, newest first."""
        return list(self.client.pages(f"{self.path}/versions"))

    def profile(self) -> dict[str, Any]:
        """Return the profile of the published version: nulls, ranges, frequent values by column."""
        found: dict[str, Any] = self.client.get(f"{self.path}/versions/{self._current()['id']}/profile")
        return found

    def _current(self) -> dict[str, Any]:
        current: dict[str, Any] | None = self.data.get("current")
        if current is None:
            raise ProblemError(f"“{self.name}” has no data yet: ingest or compute it first.", code="not_published")
        return current

    def _rows(self) -> list[tuple[str, Any]]:
        current = self.data.get("current")
        about = [("kind", self.data["kind"]), ("description", self.data["description"] or None)]
        if current is None:
            return [*about, ("data", "none yet")]
        columns = ", ".join(self.columns[:10]) + (", …" if len(self.columns) > 10 else "")
        return [*about, ("rows", self.rows), ("columns", columns), ("version", current["number"])]


class Tables(Collection[Table]):
    """The tables of a project."""

    item = Table
    address = "tables"
    columns = ("name", "kind", "description")


class Source(Resource):
    """Where a table's data comes from."""

    kind = "Source"
    shown = ("description", "rows", "state")

    def ingest(self, *, wait: bool = True, progress: bool | Observer = True) -> Table:
        """Read the file into a new version of the table, and return the table."""
        job = self.client.post(f"{self.path}/ingest")["job"]
        if wait:
            self.client.wait(job, on_progress=observer(f"ingest {self.name}", progress))
        return self.project.tables[self.refresh().data["table"]]


class Sources(Collection[Source]):
    """The sources of a project."""

    item = Source
    address = "sources"
    columns = ("name", "rows", "state", "description")

    def create(
        self,
        name: str,
        file: str | Path,
        *,
        keys: Sequence[str] = (),
        event_time: str | None = None,
        columns: Sequence[Column] = (),
        format: CsvFormat | None = None,  # noqa: A002 - the spec's own word
        description: str = "",
    ) -> Source:
        """Upload a CSV file (or a zip with one) and make it a source; ``ingest`` makes its table.

        Columns that are not given are inferred.
        """
        spec = SourceSpec(
            upload=self.project.upload(file),
            format=format or CsvFormat(),
            columns=list(columns),
            keys=list(keys),
            event_time=event_time,
            description=description,
        )
        return self._created(name, spec)
