"""Endpoints: deploying, rolling back, predicting, labelling."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Union

import httpx

from bottega.client import rows
from bottega.client.data import moment
from bottega.client.http import Unreachable, problem_of
from bottega.client.jobs import JobFailed, poll_until
from bottega.client.progress import Line, Observer
from bottega.client.resources import Collection, Resource
from bottega.display import Table, html, text
from bottega.problems import ProblemError

if TYPE_CHECKING:
    import pandas as pd

DEPLOY_SECONDS = 600.0
Rows = Union["pd.DataFrame", Mapping[str, Any], Iterable[Mapping[str, Any]]]


class Deployment(Resource):
    """One change of what an endpoint serves."""

    kind = "Deployment"
    shown = ("endpoint", "stage", "model", "version", "reason")

    @property
    def name(self) -> str:
        """Its number on the endpoint."""
        return f"{self.data['endpoint']} #{self.data['number']}"

    @property
    def stage(self) -> str:
        """The stage that it has reached; ``active`` and ``failed`` are final."""
        return str(self.data["stage"])

    def wait(self, *, seconds: float = DEPLOY_SECONDS, progress: bool | Observer = True) -> "Deployment":
        """Wait until it is active.

        Raises:
            JobFailed: it failed; what was served before is served still.
            TimeoutError: it is not over after so many seconds.
        """
        show = Line(f"deploy {self.data['model']} {self.data['version']} to {self.data['endpoint']}")

        def final() -> "Deployment | None":
            self.refresh()
            if progress is True:
                show.say(self.stage)
            return self if self.stage in {"active", "failed"} else None

        poll_until(final, seconds=seconds)
        if self.stage == "failed":
            raise JobFailed(f"deployment {self.name} failed: {self.data['reason']}", code=self.data["code"])
        return self


class Prediction:
    """The answer of an endpoint; iterate over it for one prediction per record, in order."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @property
    def request_id(self) -> str:
        """The id by which a label can be sent later."""
        return str(self.data["request_id"])

    @property
    def predictions(self) -> list[float]:
        """One prediction per record, in order."""
        return list(self.data["predictions"])

    @property
    def version(self) -> int:
        """The model version that answered."""
        return int(self.data["version"])

    def __iter__(self) -> Any:
        return iter(self.predictions)

    def __len__(self) -> int:
        return len(self.predictions)

    def __getitem__(self, place: int) -> float:
        return self.predictions[place]

    def _table(self) -> Table:
        found = self.predictions
        shown = ", ".join(f"{value:.4f}" for value in found[:5]) + (f", … ({len(found):,})" if len(found) > 5 else "")
        return Table(
            "Prediction",
            [
                ("predictions", shown),
                ("model", f"{self.data['model']} {self.version}"),
                ("request", self.request_id),
                ("degraded", ", ".join(map(str, self.data.get("degraded", []))) or "no"),
                ("total", f"{self.data.get('timings_ms', {}).get('total', 0):.2f} ms"),
            ],
        )

    def __repr__(self) -> str:
        return text(self._table())

    def _repr_html_(self) -> str:
        return html(self._table())


class Endpoint(Resource):
    """A stable address that answers predictions."""

    kind = "Endpoint"
    page = "endpoints"

    @property
    def url(self) -> str:
        """Where predictions are asked for."""
        return str(self.data["url"])

    def deploy(
        self, model: str, version: int | str, *, wait: bool = True, progress: bool | Observer = True
    ) -> Deployment:
        """Serve a model's version, by number or alias, without dropping a request."""
        number = self.project.models[model].version(version).number
        return self._started(f"{self.path}/deployments", {"model": model, "version": number}, wait, progress)

    def rollback(self, *, to: str | None = None, wait: bool = True, progress: bool | Observer = True) -> Deployment:
        """Serve again what was served before, or the deployment of the id ``to``."""
        return self._started(f"{self.path}/rollback", {"to": to} if to else {}, wait, progress)

    def deployments(self) -> list[Deployment]:
        """Return what was and is deployed, newest first."""
        return [self._deployment(data) for data in self.client.pages(f"{self.path}/deployments")]

    def predict(
        self, records: Rows, *, as_of: "datetime | str | None" = None, key: str | None = None, timeout: float = 30.0
    ) -> Prediction:
        """Ask the serving node itself.

        Args:
            records: a record, several, or a frame: entity keys and request fields, or the full set of features.
            as_of: the moment to predict at; by default the project's clock.
            key: the endpoint's key, where it asks for one.
            timeout: seconds to wait.

        Raises:
            ProblemError: the request is refused; every fault is listed with its pointer.
            Unreachable: no serving node answers.
        """
        body: dict[str, Any] = {"records": rows.records(records)}
        if as_of is not None:
            body["as_of"] = moment(as_of)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = httpx.post(self.url, json=body, headers=headers, timeout=timeout, trust_env=False)
        except httpx.TransportError as error:
            detail = f"No serving node answers at {self.url} ({error or type(error).__name__})."
            raise Unreachable(detail, hint="bottega status, on the platform's machine") from error
        if answer.is_error:
            raise problem_of(answer)
        return Prediction(answer.json())

    def label(
        self,
        labels: Rows | None = None,
        *,
        value: float | None = None,
        request_id: str | None = None,
        keys: Mapping[str, Any] | None = None,
        event_time: "datetime | str | None" = None,
    ) -> dict[str, Any]:
        """Say what later turned out to be true.

        Either many ``labels``, each a mapping of ``value`` with a ``request_id``, or with ``keys`` and ``event_time``;
        or one by the arguments of these names. The same label again changes nothing.

        Raises:
            ProblemError: labels are refused, each with its row; then none of them is kept.
        """
        if labels is None:
            single = {"value": value, "request_id": request_id, "keys": keys, "event_time": moment(event_time)}
            labels = [{name: given for name, given in single.items() if given is not None}]
        answer: dict[str, Any] = self.client.post(f"{self.path}/labels", {"labels": rows.records(labels)})
        return answer

    def keys(self) -> list[dict[str, Any]]:
        """Return the API keys in use, oldest first, without their secrets."""
        return list(self.client.pages(f"{self.path}/keys"))

    def create_key(self, name: str) -> str:
        """Make an API key and return it, this once; ``name`` says who or what will use it."""
        return str(self.client.post(f"{self.path}/keys", {"name": name})["key"])

    def revoke_key(self, key_id: str) -> None:
        """End an API key, by the id that :meth:`keys` shows; the nodes refuse it within seconds.

        Raises:
            ProblemError: ``not_found``, when no such key is in use.
        """
        self.client.delete(f"{self.path}/keys/{key_id}")

    def signature(self) -> dict[str, Any]:
        """Return what a request may hold, with a sample that works as it is."""
        found: dict[str, Any] = self.client.get(f"{self.path}/signature")
        return found

    def traffic(self, *, range: str = "24h") -> dict[str, Any]:  # noqa: A002 - the API's own word
        """Return requests, errors and latency by version."""
        found: dict[str, Any] = self.client.get(f"{self.path}/traffic", range=range)
        return found

    def _started(self, path: str, body: dict[str, Any], wait: bool, progress: bool | Observer) -> Deployment:
        made = self._deployment(self.client.post(path, body))
        if wait:
            made.wait(progress=progress)
            self.refresh()
        return made

    def _deployment(self, data: dict[str, Any]) -> Deployment:
        return Deployment(self.project, f"{self.project.path}/deployments/{data['id']}", data)

    def _rows(self) -> list[tuple[str, Any]]:
        now = self.data.get("current")
        return [
            ("state", self.data["state"]),
            ("serves", f"{now['model']} {now['version']}" if now else "nothing yet"),
            ("address", self.data["address"]),
            ("url", self.url),
        ]


class Endpoints(Collection[Endpoint]):
    """The endpoints of a project."""

    item = Endpoint
    address = "endpoints"
    columns = ("name", "state", "address", "description")

    def create(self, name: str, *, description: str = "", auth: str | None = None) -> Endpoint:
        """Create an endpoint, or return the one that is there.

        ``auth`` is ``none`` or ``key``, by default as the platform's profile asks; a new key stands in ``data``.
        """
        spec = {"description": description, **({"auth": auth} if auth else {})}
        try:
            return self._made(self.client.post(self.path, {"name": name, "spec": spec}))
        except ProblemError as error:
            found = self.get(name) if error.problem.code == "name_taken" else None
            if found is None or auth not in (None, found.data["auth"]):
                raise
            return found
