"""What all objects of a project share: their address, their data, how they show themselves, and lists of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

import msgspec

from bottega.display import Grid, Table, grid_html, grid_text, html, text
from bottega.problems import ProblemError

if TYPE_CHECKING:
    from bottega.client.http import Client
    from bottega.client.project import Project

Found = TypeVar("Found", bound="Resource")


class Resource:
    """One thing of a project. ``data`` is the API's own answer; attributes read it."""

    kind: ClassVar[str] = "resource"
    page: ClassVar[str] = ""
    shown: ClassVar[tuple[str, ...]] = ("id", "created_at")

    def __init__(self, project: "Project", path: str, data: dict[str, Any]) -> None:
        self.project = project
        self.path = path
        self.data = data

    @property
    def client(self) -> "Client":
        """The client that reads and changes it."""
        return self.project.client

    @property
    def name(self) -> str:
        """Its name in the project."""
        return str(self.data["name"])

    @property
    def id(self) -> str:
        """Its id, which never changes."""
        return str(self.data["id"])

    @property
    def link(self) -> str:
        """Where the console shows it."""
        return f"{self.project.link}/{self.page}/{self.name}" if self.page else self.project.link

    def refresh(self) -> Self:
        """Read it again."""
        self.data = self.client.get(self.path)
        return self

    def delete(self) -> None:
        """Delete it, where the platform lets that happen."""
        self.client.delete(self.path)

    def _rows(self) -> list[tuple[str, Any]]:
        return [(name, self.data.get(name)) for name in self.shown]

    def __repr__(self) -> str:
        return text(Table(f"{self.kind} {self.name}", self._rows()))

    def _repr_html_(self) -> str:
        return html(Table(f"{self.kind} {self.name}", self._rows(), self.link))


class Collection(Generic[Found]):
    """The things of one kind in a project: iterate over them, or take one by name.

    >>> [table.name for table in project.tables]
    >>> project.tables["trips"]
    """

    item: ClassVar[type[Resource]]
    address: ClassVar[str]
    columns: ClassVar[tuple[str, ...]] = ("name", "created_at")

    def __init__(self, project: "Project") -> None:
        self.project = project
        self.path = f"{project.path}/{self.address}"

    @property
    def client(self) -> "Client":
        """The client that reads and changes them."""
        return self.project.client

    def __iter__(self) -> Iterator[Found]:
        for data in self.client.pages(self.path, limit=200):
            yield self._made(data)

    def __getitem__(self, name: str) -> Found:
        """Return the one of this name.

        Raises:
            ProblemError: ``not_found``.
        """
        return self._made(self.client.get(f"{self.path}/{name}"))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.client.find(f"{self.path}/{name}") is not None

    def get(self, name: str) -> Found | None:
        """Return the one of this name, or None."""
        data = self.client.find(f"{self.path}/{name}")
        return None if data is None else self._made(data)

    def names(self) -> list[str]:
        """Return all names, in order."""
        return sorted(str(data["name"]) for data in self.client.pages(self.path, limit=1000))

    def _created(self, name: str, spec: Any) -> Found:
        """Create one, or return the one that is there with this very spec.

        Raises:
            ProblemError: ``name_taken`` by one that is another thing.
        """
        sent = msgspec.to_builtins(spec)
        try:
            return self._made(self.client.post(self.path, {"name": name, "spec": sent}))
        except ProblemError as error:
            found = self.get(name) if error.problem.code == "name_taken" else None
            if found is None or not same_spec(found.data.get("spec"), spec):
                raise
            return found

    def _made(self, data: dict[str, Any]) -> Found:
        return cast("Found", self.item(self.project, f"{self.path}/{data['name']}", data))

    def _grid(self) -> Grid:
        rows = [[data.get(name) for name in self.columns] for data in self.client.pages(self.path, limit=200)]
        return Grid(f"{self.address} of {self.project.slug}", self.columns, rows)

    def __repr__(self) -> str:
        return grid_text(self._grid())

    def _repr_html_(self) -> str:
        return grid_html(self._grid())


def same_spec(kept: Any, wanted: Any) -> bool:
    """Say whether a spec as the platform keeps it means the same as one of ours."""
    try:
        return bool(msgspec.convert(kept, type(wanted)) == wanted)
    except msgspec.ValidationError:
        return False
