"""Entities, feature views and feature services."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bottega.client import rows
from bottega.client.data import moment
from bottega.client.progress import Observer, observer
from bottega.client.resources import Collection, Resource
from bottega.extras import need
from bottega.specs import Column, EntitySpec, FeatureServiceSpec, FeatureViewSpec
from bottega.specs.data import DataType

if TYPE_CHECKING:
    import pandas as pd


class Entity(Resource):
    """What features describe."""

    kind = "Entity"

    def _rows(self) -> list[tuple[str, Any]]:
        spec = self.data["spec"]
        return [("keys", ", ".join(key["name"] for key in spec["keys"])), ("views", ", ".join(self.data["views"]))]


class Entities(Collection[Entity]):
    """The entities of a project."""

    item = Entity
    address = "entities"

    def create(self, name: str, keys: Mapping[str, DataType], *, description: str = "") -> Entity:
        """Create an entity from its keys and their types."""
        columns = [Column(key, kind) for key, kind in keys.items()]
        return self._created(name, EntitySpec(columns, description))


class FeatureView(Resource):
    """A group of features with one pipeline and keys."""

    kind = "Feature view"
    page = "features"

    @property
    def features(self) -> list[str]:
        """The names of its features."""
        return [column["name"] for column in self.data["features"]]

    @property
    def keys(self) -> list[str]:
        """The names of its keys, in order."""
        return [column["name"] for column in self.data["keys"]]

    def preview(self, limit: int = 10, *, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """Return the first computed rows: keys, times and features.

        Raises:
            ProblemError: ``not_published``: compute it first.
        """
        return rows.frame(self.client, f"{self.project.path}/tables/{self.name}/rows", columns=columns, limit=limit)

    def read(
        self, keys: "Iterable[Mapping[str, Any]] | pd.DataFrame", *, as_of: "datetime | str | None" = None
    ) -> "pd.DataFrame":
        """Return the online features of these entities, one row each, as a prediction would get them.

        The column ``status`` is present, null, not_found or stale; ``as_of`` is by default the project's clock.
        """
        need("pandas", extra="pandas")
        import pandas as pd

        answer = self.client.post(f"{self.path}/read", {"keys": rows.records(keys), **_as_of(as_of)})
        found = [{**row["key"], "status": row["status"], "event_time": row["event_time"], **row["values"]}
                 for row in answer["rows"]]  # fmt: skip
        return pd.DataFrame(found).astype({"event_time": "datetime64[us, UTC]"})

    def compute(self, *, wait: bool = True, progress: bool | Observer = True) -> "FeatureView":
        """Compute the view on Spark."""
        job = self.client.post(f"{self.path}/compute")["job"]
        if wait:
            self.client.wait(job, on_progress=observer(f"compute {self.name}", progress))
        return self.refresh()

    def load(
        self, *, as_of: "datetime | str | None" = None, wait: bool = True, progress: bool | Observer = True
    ) -> "FeatureView":
        """Load the values of a moment into the online store."""
        job = self.client.post(f"{self.path}/load", _as_of(as_of))["job"]
        if wait:
            self.client.wait(job, on_progress=observer(f"load {self.name}", progress))
        return self.refresh()

    def _rows(self) -> list[tuple[str, Any]]:
        names = ", ".join(self.features[:8]) + (", …" if len(self.features) > 8 else "")
        load = self.data.get("online_load")
        return [
            ("state", self.data["state"]),
            ("entity", self.data["entity"]),
            ("keys", ", ".join(self.keys)),
            ("features", f"{len(self.features)}: {names}"),
            ("online", f"{load['keys']:,} keys as of {load['as_of']}" if load else "not loaded"),
            ("version", self.data["version"]),
        ]


class FeatureViews(Collection[FeatureView]):
    """The feature views of a project."""

    item = FeatureView
    address = "feature-views"
    columns = ("name", "entity", "state", "version")

    def create(self, name: str, sql: str, *, sources: Sequence[str], **spec: Any) -> FeatureView:
        """Create a view from one SELECT; further arguments are fields of :class:`~bottega.specs.FeatureViewSpec`."""
        return self._created(name, FeatureViewSpec(sql=sql, sources=list(sources), **spec))


class FeatureService(Resource):
    """The exact list of features that a model version is pinned to."""

    kind = "Feature service"

    @property
    def features(self) -> list[str]:
        """The names of its features, in the order in which models take them."""
        return [feature["name"] for feature in self.data["features"]]

    def _rows(self) -> list[tuple[str, Any]]:
        spec = self.data["spec"]
        return [
            ("features", len(self.features)),
            ("views", ", ".join(spec["views"])),
            ("request", ", ".join(field["name"] for field in spec.get("request", []))),
        ]


class FeatureServices(Collection[FeatureService]):
    """The feature services of a project."""

    item = FeatureService
    address = "feature-services"

    def create(self, name: str, views: Sequence[str], **spec: Any) -> FeatureService:
        """Create a service; further arguments are fields of :class:`~bottega.specs.FeatureServiceSpec`."""
        return self._created(name, FeatureServiceSpec(views=list(views), **spec))


def _as_of(as_of: "datetime | str | None") -> dict[str, Any]:
    return {} if as_of is None else {"as_of": moment(as_of)}
