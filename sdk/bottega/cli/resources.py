"""``login``, ``logout``, ``apply``, ``diff``, ``export``, ``get``, ``delete`` and ``api``."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bottega.cli import applying, documents, kinds, plan
from bottega.cli.kinds import KINDS, Kind
from bottega.cli.output import Output, show
from bottega.cli.session import OutputOption, ProjectOption, client, project_of
from bottega.client import credentials
from bottega.client import login as sign_in

Files = Annotated[list[Path], typer.Option("--file", "-f", help="A YAML file, or a folder of them; may be repeated.")]
KindArgument = Annotated[str, typer.Argument(help="source, entity, feature-view, feature-service, training-set, …")]
COLUMNS = (
    "name", "email", "role", "version", "state", "task", "kind", "trainer", "labels", "label", "latest_version",
    "address", "rows", "description", "updated_at",
)  # fmt: skip
DIFFERENT = 1


def login(
    link: Annotated[str, typer.Argument(help="The one-time sign-in link, as `bottega up` prints it.")] = "",
    *,
    url: Annotated[str, typer.Option(help="Instead of a link: the platform's address …")] = "",
    token_stdin: Annotated[bool, typer.Option(help="… and a token of yours, read from standard input.")] = False,
) -> None:
    """Sign this computer in: a one-time link becomes a token of its own, kept for you only."""
    if bool(link) == bool(url and token_stdin):
        raise typer.BadParameter("give a sign-in link, or --url with --token-stdin")
    found = sign_in(link=link) if link else sign_in(url, token=sys.stdin.readline())
    typer.echo(f"signed in to {found.url} as {found.username}; kept in {credentials.folder()}")


def logout() -> None:
    """Forget the stored login of this computer."""
    typer.echo("forgotten" if credentials.forget(credentials.url_of()) else "no login was stored")


def apply(
    file: Files,
    *,
    project: ProjectOption = "",
) -> None:
    """Make the project as the documents say; what is so already stays. Nothing is done if one of them is wrong.

    Documents may come in any order, and may name projects of their own: then each project's are applied as one.
    """
    api = client()
    read = documents.read(file)
    for slug, those in applying.by_project(read, _project(api, project, read)).items():
        for result in applying.apply(api, slug, those):
            typer.echo(f"{result['act']:<10} {result['kind']} {result['name']}")
            if result["key"]:
                typer.echo(f"{'':<10} its key, shown this once: {result['key']}")


def diff(
    file: Files,
    *,
    project: ProjectOption = "",
) -> None:
    """Show what `apply` would change, as a unified diff; the exit status is 1 when there is a difference."""
    api = client()
    read = documents.read(file)
    changes = [text for step in plan.make(api, read, _project(api, project, read)) if (text := plan.difference(step))]
    for text in changes:
        typer.echo(text)
    raise typer.Exit(DIFFERENT if changes else 0)


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write; one file per kind.")],
    *,
    project: ProjectOption = "",
    data: Annotated[bool, typer.Option("--data", help="Also write the uploaded files, so that another project can "
                                                      "apply them.")] = False,
) -> None:  # fmt: skip
    """Write a project as documents that `apply` takes back."""
    api = client()
    slug = project_of(api, project)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS.values():
        written = [_document(api, slug, kind, each["name"], folder if data else None) for each in _all(api, slug, kind)]
        if written:
            (folder / f"{kind.folder}.yaml").write_text("---\n".join(written), encoding="utf-8")
            typer.echo(f"{len(written):>4}  {folder / f'{kind.folder}.yaml'}")


def get(
    kind: KindArgument,
    name: Annotated[str, typer.Argument(help="One of them; all when left out.")] = "",
    *,
    project: ProjectOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what there is of a kind, or one thing."""
    api = client()
    folder = _folder(kind)
    if folder == "projects":
        found = api.get(f"/projects/{name}") if name else list(api.pages("/projects", limit=100))
        show(found, output, ("slug", "name", "role", "description"))
        return
    if folder == "trainers" and not name:
        show(api.get("/trainers")["results"], output, ("name", "title", "tasks", "description"))
        return
    base = f"/projects/{project_of(api, project)}/{folder}"
    if name:
        show(api.get(f"{base}/{name}"), output)
        return
    rows = list(api.pages(base, limit=100))
    if folder == "members" and output is Output.TABLE:
        rows = [{"name": row["user"]["username"], **row} for row in rows]
    show(rows, output, COLUMNS)


def delete(
    kind: KindArgument,
    name: Annotated[str, typer.Argument(help="Which one.")],
    *,
    project: ProjectOption = "",
) -> None:
    """Delete one thing; what others still use is refused, saying by what."""
    api = client()
    api.send("DELETE", f"/projects/{project_of(api, project)}/{_folder(kind)}/{name}")
    typer.echo(f"deleted {kind} {name}")


def api(
    method: Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[str, typer.Argument(help="The address below /api/v1, as /projects.")],
    body: Annotated[str, typer.Argument(help="JSON; - reads it from standard input.")] = "",
    *,
    output: OutputOption = Output.JSON,
) -> None:
    """Send one request to the REST API and print its answer."""
    text = sys.stdin.read() if body == "-" else body
    try:
        value = json.loads(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"the body is no JSON: {error}") from error
    answer = _send(method.upper(), path.removeprefix("/api/v1"), value)
    if answer is not None:
        show(answer, output, COLUMNS)


def _send(method: str, path: str, body: Any) -> Any:
    if method == "POST":
        return client().post(path, body)
    answer = client().send(method, path, **({} if body is None else {"json": body}))
    return answer.json() if answer.content else None


def _project(api: Any, named: str, read: list[documents.Document]) -> str:
    """Return the project for documents that name none; each may name its own."""
    return named if named or all(document.project for document in read) else project_of(api, named)


def _folder(kind: str) -> str:
    known = kinds.named(kind)
    if known is not None:
        return known.folder
    others = {"table": "tables", "project": "projects", "member": "members", "trainer": "trainers"}
    folder = others.get(kind.rstrip("s"))
    if folder is None:
        names = ", ".join([*(each.folder for each in KINDS.values()), *others.values()])
        raise typer.BadParameter(f"there is no kind {kind!r}; there are {names}")
    return folder


def _all(api: Any, project: str, kind: Kind) -> list[Any]:
    return sorted(api.pages(f"/projects/{project}/{kind.folder}", limit=100), key=lambda each: str(each["name"]))


def _document(api: Any, project: str, kind: Kind, name: str, data: Path | None) -> str:
    spec = kind.normal(kind.present(api.get(f"/projects/{project}/{kind.folder}/{name}")))
    if data is not None and kind.name == "Source":
        spec = _with_file(api, project, name, spec, data)
    return plan.rendered(kind, name, spec)


def _with_file(api: Any, project: str, name: str, spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    about = api.get(f"/projects/{project}/uploads/{spec['upload']}")
    file = folder / "data" / f"{name}{''.join(Path(about.get('filename', '')).suffixes)}"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(api.download(f"/projects/{project}/uploads/{spec['upload']}/content"))
    return {**spec, "upload": f"./{file.relative_to(folder)}"}
