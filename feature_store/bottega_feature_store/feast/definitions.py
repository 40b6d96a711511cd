"""What is exported to Feast, and how a Feast client learns about our layout (a tag on each view)."""

import msgspec

from bottega.specs import TableRead
from bottega.specs.data import Column

TAG = "bottega"


class Layout(msgspec.Struct, frozen=True):
    """How to read a view online; kept as JSON in the Feast view's tag."""

    project_id: str
    view_id: str
    keys: list[Column]
    columns: list[Column]
    ttl_seconds: int | None


class ViewInput(msgspec.Struct, frozen=True):
    """One view as the platform gives it to the export job."""

    name: str
    entity: str
    layout: Layout
    read: TableRead
    description: str = ""
    owner: str = ""


class ExportView(msgspec.Struct, frozen=True):
    """One computed feature view: its layout and the folder of its published snapshot's Parquet files."""

    name: str
    entity: str
    layout: Layout
    folder: str
    description: str = ""
    owner: str = ""


class ExportService(msgspec.Struct, frozen=True):
    """One feature service: features by view name."""

    name: str
    views: dict[str, list[str]]
    description: str = ""
