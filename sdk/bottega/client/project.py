"""A project: where everything else is found."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bottega.client.data import Sources, Tables
from bottega.client.endpoints import Endpoints
from bottega.client.features import Entities, FeatureServices, FeatureViews
from bottega.client.models import Models
from bottega.client.runs import Runs
from bottega.client.training_sets import TrainingSets
from bottega.display import Table, html, text

if TYPE_CHECKING:
    from bottega.client.http import Client


class Project:
    """One project of a platform."""

    def __init__(self, client: "Client", data: dict[str, Any]) -> None:
        self.client = client
        self.data = data

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return str(self.data["slug"])

    @property
    def path(self) -> str:
        """Its address in the API."""
        return f"/projects/{self.slug}"

    @property
    def link(self) -> str:
        """Where the console shows it."""
        return f"{self.client.url}/projects/{self.slug}"

    @property
    def role(self) -> str:
        """Your role in it."""
        return str(self.data["role"])

    @cached_property
    def sources(self) -> Sources:
        """Where data comes from."""
        return Sources(self)

    @cached_property
    def tables(self) -> Tables:
        """What was ingested and computed."""
        return Tables(self)

    @cached_property
    def entities(self) -> Entities:
        """What features describe."""
        return Entities(self)

    @cached_property
    def feature_views(self) -> FeatureViews:
        """Groups of features."""
        return FeatureViews(self)

    @cached_property
    def feature_services(self) -> FeatureServices:
        """Lists of features that models take."""
        return FeatureServices(self)

    @cached_property
    def training_sets(self) -> TrainingSets:
        """Labels joined with features."""
        return TrainingSets(self)

    @cached_property
    def runs(self) -> Runs:
        """Training runs."""
        return Runs(self)

    @cached_property
    def models(self) -> Models:
        """Models and their versions."""
        return Models(self)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where predictions are answered."""
        return Endpoints(self)

    def jobs(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Yield the project's jobs, newest first; filter by ``state``, ``kind`` or ``subject``."""
        return self.client.pages("/jobs", project=self.slug, **filters)

    def upload(self, file: str | Path) -> str:
        """Upload a file and return its digest; what the project has already is not sent again."""
        source = Path(file)
        return self.upload_bytes(source.read_bytes(), filename=source.name)

    def upload_bytes(self, content: bytes, *, filename: str) -> str:
        """Upload bytes under a name, as :meth:`upload` does."""
        import hashlib

        digest = hashlib.sha256(content).hexdigest()
        if self.client.find(f"{self.path}/uploads/{digest}") is None:
            self.client.upload(f"{self.path}/uploads", content, filename=filename)
        return digest

    def refresh(self) -> "Project":
        """Read it again."""
        self.data = self.client.get(self.path)
        return self

    def _table(self) -> Table:
        about = [
            ("name", self.data["name"]),
            ("description", self.data["description"] or None),
            ("your role", self.role),
        ]
        return Table(f"Project {self.slug}", [*about, ("clock", self.data.get("clock"))], self.link)

    def __repr__(self) -> str:
        return text(self._table())

    def _repr_html_(self) -> str:
        return html(self._table())
