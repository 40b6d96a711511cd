"""The loop from the command line: ingest, compute, load, train, tune, register, deploy, roll back, predict, logs."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bottega.cli.output import Output, show
from bottega.cli.session import OutputOption, ProjectOption, WaitOption, client, project_of
from bottega.client import Client
from bottega.client.project import Project
from bottega.packaging import Package
from bottega.problems import ProblemError

EndpointArgument = Annotated[str, typer.Argument(help="The endpoint.")]
LOG_PAUSE_SECONDS = 0.5
DEPLOY_SECONDS = 120.0


def run(
    kind: Annotated[str, typer.Argument(help="source: ingest it; feature-view: compute it.")],
    name: Annotated[str, typer.Argument(help="Which one.")],
    *,
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Ingest a source into its table, or compute a feature view."""
    verbs = {"source": ("sources", "ingest"), "feature-view": ("feature-views", "compute")}
    if kind not in verbs:
        raise typer.BadParameter(f"run {' or '.join(verbs)}")
    folder, verb = verbs[kind]
    api = client()
    answer = api.post(f"/projects/{project_of(api, project)}/{folder}/{name}/{verb}")
    _follow(api, answer["job"], wait=wait)


def load(
    view: Annotated[str, typer.Argument(help="The feature view.")],
    *,
    as_of: Annotated[str, typer.Option(help="The moment that readers see; default: the project's clock.")] = "",
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Load a computed feature view into the online store."""
    api = client()
    body = {"as_of": as_of} if as_of else {}
    answer = api.post(f"/projects/{project_of(api, project)}/feature-views/{view}/load", body)
    _follow(api, answer["job"], wait=wait)


def train(
    name: Annotated[str, typer.Argument(help="What the run is called.")],
    training_set: Annotated[str, typer.Option("--training-set", "-s", help="The training set.")],
    trainer: Annotated[str, typer.Option("--trainer", "-t", help="The algorithm; `bottega get trainers` lists them.")],
    *,
    task: Annotated[str, typer.Option(help="binary or regression.")] = "binary",
    param: Annotated[list[str] | None, typer.Option("--param", help="NAME=VALUE; may be repeated.")] = None,
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Fit a model to a training set."""
    spec = {"training_set": training_set, "trainer": trainer, "task": task, "params": _params(param or [])}
    _start_run(name, spec, project, wait=wait)


def tune(
    name: Annotated[str, typer.Argument(help="What the run is called.")],
    training_set: Annotated[str, typer.Option("--training-set", "-s", help="The training set.")],
    trainer: Annotated[str, typer.Option("--trainer", "-t", help="The algorithm.")],
    *,
    trials: Annotated[int, typer.Option(min=1, help="How many points to try.")] = 20,
    task: Annotated[str, typer.Option(help="binary or regression.")] = "binary",
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Search parameters in a study, and fit the best point."""
    spec = {"training_set": training_set, "trainer": trainer, "task": task, "tune": {"trials": trials}}
    _start_run(name, spec, project, wait=wait)


def register(
    training_run: Annotated[str, typer.Argument(help="A run that has succeeded; or give --package.")] = "",
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="The model line; it is made if it is not there.")],
    package: Annotated[
        Path | None,
        typer.Option("--package", exists=True, dir_okay=False, help="A model of your own, saved by bottega.package."),
    ] = None,
    alias: Annotated[str, typer.Option(help="An alias to point at the new version, as champion.")] = "",
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Make the next version of a model: of a run, or of a package of your own."""
    if bool(training_run) == bool(package):
        raise typer.BadParameter("give a training run, or --package FILE")
    api = client()
    base = f"/projects/{project_of(api, project)}"
    if package:
        _register_package(Project(api, api.get(base)), package, model=model, alias=alias, wait=wait)
        return
    _ensure_model(api, base, model, training_run)
    body = {"training_run": training_run, **({"alias": alias} if alias else {})}
    _follow(api, api.post(f"{base}/models/{model}/versions", body)["job"], wait=wait)
    if wait:
        versions = api.get(f"{base}/models/{model}/versions", limit=1)["results"]
        typer.echo(f"{model} version {versions[0]['version']}")


def deploy(
    model: Annotated[str, typer.Argument(help="The model.")],
    version: Annotated[int, typer.Argument(min=1, help="Its version.")],
    *,
    endpoint: Annotated[str, typer.Option("--endpoint", "-e", help="Where; it is made if it is not there.")],
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Deploy a model version to an endpoint."""
    api = client()
    base = f"/projects/{project_of(api, project)}"
    if _find(api, f"{base}/endpoints/{endpoint}") is None:
        api.post(f"{base}/endpoints", {"name": endpoint, "spec": {}})
    started = api.post(f"{base}/endpoints/{endpoint}/deployments", {"model": model, "version": version})
    _roll_out(api, base, started, wait=wait)


def rollback(
    endpoint: EndpointArgument,
    *,
    to: Annotated[str, typer.Option(help="A deployment's id; default: the one before.")] = "",
    project: ProjectOption = "",
    wait: WaitOption = True,
) -> None:
    """Serve again what an endpoint served before."""
    api = client()
    base = f"/projects/{project_of(api, project)}"
    started = api.post(f"{base}/endpoints/{endpoint}/rollback", {"to": to} if to else {})
    _roll_out(api, base, started, wait=wait)


def predict(
    endpoint: EndpointArgument,
    record: Annotated[str, typer.Argument(help="JSON: a record or a list; @FILE, or - for standard input.")] = "",
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Send the endpoint's own sample.")] = False,
    project: ProjectOption = "",
    output: OutputOption = Output.JSON,
) -> None:
    """Ask an endpoint."""
    if bool(record) == sample:
        raise typer.BadParameter("give a record, or --sample")
    api = client()
    base = f"/projects/{project_of(api, project)}/endpoints/{endpoint}"
    body = api.get(f"{base}/signature")["sample"] if sample else {"records": _records(record)}
    show(api.post(f"{base}/predict", body), output)


def jobs(
    *,
    state: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    project: ProjectOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the newest jobs."""
    api = client()
    query = {"project": project_of(api, project), "limit": 50, **({"state": state} if state else {})}
    rows = api.get("/jobs", **query)["results"]
    show(rows, output, ("id", "kind", "state", "attempt", "queue", "created_at"))


def logs(
    job: Annotated[str, typer.Argument(help="A job's id.")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
) -> None:
    """Print what a job has printed."""
    print_job_log(client(), job, follow=follow)


def print_job_log(api: Client, job: str, *, follow: bool) -> None:
    """Write a job's log to standard output, to its end where ``follow``; a new attempt begins anew."""
    attempt, offset = 0, 0
    while True:
        found = api.get(f"/jobs/{job}")
        if found["attempt"] != attempt:
            attempt, offset = found["attempt"], 0
        piece = api.get(f"/jobs/{job}/logs", offset=offset, attempt=attempt)
        sys.stdout.write(piece["text"])
        sys.stdout.flush()
        moved, offset = piece["next_offset"] > offset, piece["next_offset"]
        if piece["complete"] or not (follow or moved):
            return
        if not moved:
            time.sleep(LOG_PAUSE_SECONDS)


def _start_run(name: str, spec: dict[str, Any], project: str, *, wait: bool) -> None:
    api = client()
    started = api.post(f"/projects/{project_of(api, project)}/training-runs", {"name": name, "spec": spec})
    _follow(api, started["job"], wait=wait)


def _follow(api: Client, job: str, *, wait: bool) -> None:
    if not wait:
        typer.echo(job)
        return
    finished = api.wait(job, on_progress=_shower())
    typer.echo(f"{finished['kind']} {finished['state']}", err=True)


def _shower() -> Callable[[dict[str, Any]], None]:
    """Return a function that prints each new line of progress once."""
    last = [""]

    def show_progress(job: dict[str, Any]) -> None:
        text = _spoken(job)
        if text != last[0]:
            last[0] = text
            typer.echo(text, err=True)

    return show_progress


def _spoken(job: dict[str, Any]) -> str:
    progress = job.get("progress") or {}
    total = progress.get("total")
    amount = f"{progress.get('done', 0):g} of {total:g} {progress.get('unit', '')}" if total else ""
    return " ".join(part for part in (job["state"], progress.get("message", ""), amount.strip()) if part)


def _roll_out(api: Client, base: str, started: dict[str, Any], *, wait: bool) -> None:
    shown = ""
    until = time.monotonic() + DEPLOY_SECONDS
    found = started
    while wait and found["finished_at"] is None and time.monotonic() < until:
        if found["stage"] != shown:
            shown = found["stage"]
            typer.echo(shown, err=True)
        time.sleep(0.1)
        found = api.get(f"{base}/deployments/{started['id']}")
    if found["stage"] == "failed":
        raise ProblemError(found["reason"], code=found["code"], title="The roll-out failed; what was live stays live")
    typer.echo(f"{found['id']} {found['stage']}: {found['model']} version {found['version']}")


def _register_package(project: Project, file: Path, *, model: str, alias: str, wait: bool) -> None:
    if not wait:
        raise typer.BadParameter("a package is evaluated before it is registered: leave --no-wait away")
    made = project.models.register(model, Package.read(file), alias=alias or None)
    typer.echo(f"{model} version {made.number}")


def _ensure_model(api: Client, base: str, model: str, training_run: str) -> None:
    if _find(api, f"{base}/models/{model}") is None:
        task = api.get(f"{base}/training-runs/{training_run}")["task"]
        api.post(f"{base}/models", {"name": model, "spec": {"task": task}})


def _find(api: Client, path: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = api.get(path)
    except ProblemError as error:
        if error.problem.code == "not_found":
            return None
        raise
    return found


def _params(texts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--param is NAME=VALUE, not {text!r}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _records(text: str) -> list[Any]:
    source = sys.stdin.read() if text == "-" else Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        value = json.loads(source)
    except ValueError as error:
        raise typer.BadParameter(f"the record is no JSON: {error}") from error
    return value if isinstance(value, list) else [value]
