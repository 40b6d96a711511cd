"""Models, their versions and aliases, and registering what one made oneself."""

from typing import TYPE_CHECKING, Any, Union

from bottega.client.progress import Observer, observer
from bottega.client.resources import Collection, Resource
from bottega.client.runs import Run
from bottega.problems import ProblemError
from bottega.specs import ModelSpec
from bottega.specs.training import UPLOADED, TaskType

if TYPE_CHECKING:
    from bottega.client.endpoints import Deployment
    from bottega.client.project import Project
    from bottega.client.training_sets import TrainingSet
    from bottega.packaging import Package


class ModelVersion(Resource):
    """One packaged and checked model; it never changes."""

    kind = "Model version"

    @property
    def name(self) -> str:
        """Model and number."""
        return f"{self.data['model']} {self.data['version']}"

    @property
    def model(self) -> str:
        """The name of its model."""
        return str(self.data["model"])

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.data["version"])

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics of the hold-out by name, each with value and 95 % interval."""
        found: dict[str, dict[str, Any]] = self.data["metrics"].get("test", {})
        return found

    @property
    def link(self) -> str:
        """Where the console shows it."""
        return f"{self.project.link}/models/{self.model}/versions/{self.number}"

    def deploy(self, endpoint: str, *, wait: bool = True, progress: bool | Observer = True) -> "Deployment":
        """Serve it on an endpoint of the project, which is made when there is none of this name."""
        found = self.project.endpoints.get(endpoint) or self.project.endpoints.create(endpoint)
        return found.deploy(self.model, self.number, wait=wait, progress=progress)

    def alias(self, name: str, *, reason: str = "") -> "ModelVersion":
        """Point an alias, such as ``champion``, at this version."""
        path = f"{self.project.path}/models/{self.model}/aliases/{name}"
        self.client.put(path, {"version": self.number, "reason": reason})
        return self.refresh()

    def _rows(self) -> list[tuple[str, Any]]:
        measured = [(name, self.metrics[name]["value"]) for name in ("auc", "rmse", "mae") if name in self.metrics]
        return [
            ("trainer", self.data["trainer"]),
            ("format", self.data["format"]),
            ("aliases", ", ".join(self.data["aliases"]) or None),
            *measured,
            ("latency p50", f"{self.data['measured'].get('predict_us_p50', 0):.0f} µs"),
        ]


class Model(Resource):
    """A named line of model versions."""

    kind = "Model"
    page = "models"
    shown = ("task", "description", "latest_version")

    def versions(self) -> list[ModelVersion]:
        """Return its versions, newest first."""
        return [_version(self.project, data) for data in self.client.pages(f"{self.path}/versions")]

    def version(self, reference: int | str) -> ModelVersion:
        """Return a version by number or alias."""
        return _version(self.project, self.client.get(f"{self.path}/versions/{reference}"))

    def register(
        self,
        run: "Run | str",
        *,
        alias: str | None = None,
        description: str = "",
        progress: bool | Observer = True,
    ) -> ModelVersion:
        """Make the next version of a finished run; the same run again returns the version that it is.

        Raises:
            JobFailed: a check failed (parity, golden rows, digest); the message says which.
        """
        name = run if isinstance(run, str) else run.name
        body = {"training_run": name, "alias": alias, "description": description}
        try:
            job = self.client.post(f"{self.path}/versions", body)["job"]
        except ProblemError as error:
            if error.problem.code != "already_registered":
                raise
            return self._of_run(name, alias)
        self.client.wait(job, on_progress=observer(f"register {self.name}", progress))
        return self._of_run(name, None)

    def _of_run(self, run: str, alias: str | None) -> ModelVersion:
        found = next(version for version in self.versions() if run in _run_names(version))
        return found if alias is None or alias in found.data["aliases"] else found.alias(alias)


class Models(Collection[Model]):
    """The models of a project."""

    item = Model
    address = "models"
    columns = ("name", "task", "latest_version", "description")

    def create(self, name: str, *, task: TaskType = "binary", description: str = "") -> Model:
        """Create a line of versions, or return the one that is there."""
        found = self.get(name)
        if found is not None and found.data["task"] == task:
            return found
        return self._created(name, ModelSpec(task=task, description=description))

    def register(
        self,
        name: str,
        what: Union["Package", "Run"],
        *,
        training_set: Union["TrainingSet", str, None] = None,
        alias: str | None = None,
        description: str = "",
        progress: bool | Observer = True,
    ) -> ModelVersion:
        """Register a package of one's own, or a finished run, as the next version of a model.

        A package is uploaded; the platform checks it (digests, format, golden rows), evaluates its model on the
        hold-out and writes a report, as a run called ``<name>_<digest>``; then that run is registered. Whatever of
        this was done before is not done again.

        Args:
            name: the model, made when there is none of this name.
            what: what :func:`bottega.package` returned, or a run.
            training_set: what a package is evaluated on; by default the one that it was made with.
            alias: a movable name for the version, such as ``champion``.
            description: a few words about the version.
            progress: whether to show how far it is.

        Raises:
            JobFailed: a check failed; ``problem.extra["job"]`` has the reason with its code.
        """
        run = what if isinstance(what, Run) else self._uploaded(name, what, training_set, description, progress)
        model = self.create(name, task=run.data["task"])
        return model.register(run, alias=alias, description=description, progress=progress)

    def _uploaded(
        self,
        name: str,
        package: "Package",
        training_set: Union["TrainingSet", str, None],
        description: str,
        progress: bool | Observer,
    ) -> Run:
        wanted = training_set or package.manifest.training_set
        if not wanted:
            raise ProblemError("Name the training set that the package is to be evaluated on.", code="required")
        self.project.upload_bytes(package.content, filename=f"{name}.zip")
        run = self.project.runs.start(
            f"{name[:54]}_{package.digest[:8]}",
            training_set=wanted if isinstance(wanted, str) else wanted.name,
            trainer=UPLOADED,
            task=package.manifest.task,
            package=package.digest,
            description=description or package.manifest.estimator[:200],
        )
        return run.wait(progress=progress)


def _run_names(version: ModelVersion) -> tuple[str, str]:
    return version.data["training_run"], version.data["training_run_name"]


def _version(project: "Project", data: dict[str, Any]) -> ModelVersion:
    return ModelVersion(project, f"{project.path}/models/{data['model']}/versions/{data['version']}", data)
