"""Every address, every method, every role: what the table says is what happens."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from bottega_platform.api.testing import ApiClient, client_as, client_of, make_project, make_user
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project, Role

_spec = importlib.util.spec_from_file_location("route_roles", Path(__file__).with_name("route_roles.py"))
table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(table)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CASES = [(method, path, need) for path, methods in table.ROUTES.items() for method, need in methods.items()]


def walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, address)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address), pattern


def routes() -> dict[str, set[str] | None]:
    """Return the methods of every API address; None where a plain view does not tell them."""
    found: dict[str, set[str] | None] = {}
    for address, pattern in walk(get_resolver().url_patterns):
        if address.startswith("api/v1/"):
            view = getattr(pattern.callback, "cls", None)
            methods = {name for name in METHODS if hasattr(view, name.lower())} if view else None
            found["/" + address.removeprefix("api/v1/")] = methods
    return found


def concrete(path: str, project: Project) -> str:
    def fill(match: re.Match[str]) -> str:
        names = {"project": lambda: project.slug, "job": lambda: a_job(project).id}
        return names.get(match[1], lambda: "nothing")()

    return re.sub(r"\{(\w+)\}", fill, path).replace("/versions/nothing", "/versions/1")


def a_job(project: Project) -> Job:
    known = Job.objects.filter(project=project).first()
    return known or jobs.enqueue(project=project, kind="ingest", subject="src_00000000000000000000000000", spec={})


def send(client: ApiClient, method: str, path: str):
    return client.send(method, path, {} if method in {"POST", "PUT", "PATCH"} else None)


def test_every_route_stands_in_the_table_and_nothing_else():
    present = routes()
    assert sorted(present) == sorted(table.ROUTES)
    for path, methods in present.items():
        if methods is not None:
            assert methods == set(table.ROUTES[path]), path


def test_only_the_console_is_outside_the_api():
    outside = [address for address, _ in walk(get_resolver().url_patterns) if not address.startswith("api/v1/")]
    assert outside == ["^(?!api/)(?P{path}.*)$"]


def test_the_public_addresses_are_these_three():
    public = {(method, path) for method, path, need in CASES if need == table.PUBLIC}
    assert public == {("GET", "/health"), ("GET", "/openapi.json"), ("POST", "/session")}


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "need"), CASES, ids=[f"{method} {path}" for method, path, _ in CASES])
def test_nobody_signed_in_is_refused(method, path, need):
    project = make_project()
    answer = send(ApiClient(), method, concrete(path, project))
    if need == table.PUBLIC:
        assert answer.status_code not in {401, 403} or answer.json()["code"] == "link_invalid"
    else:
        assert answer.status_code == 401, answer.content
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "need"), CASES, ids=[f"{method} {path}" for method, path, _ in CASES])
def test_each_role_may_do_what_the_table_says(method, path, need):
    project = make_project()
    address = concrete(path, project)
    if need in {table.PUBLIC, table.SIGNED_IN}:
        assert (
            send(client_of(make_user("stranger")), method, address).status_code not in {401, 403, 500}
            or need == table.PUBLIC
        )
        return
    if need == table.NODE:
        check_node(method, address, project)
        return
    assert send(client_of(make_user("stranger")), method, address).status_code == 404
    check_roles(method, address, project, getattr(need, "role", need))


def check_roles(method: str, address: str, project: Project, need: Role) -> None:
    for role in Role:
        if role is Role.ADMIN and method == "DELETE" and address.endswith(project.slug):
            continue  # would delete the project: done in the project tests
        answer = send(client_as(role, project), method, address)
        if role.includes(need):
            assert answer.status_code not in {401, 403, 405, 500}, (role, answer.content)
        else:
            assert answer.status_code == 403, (role, answer.content)
            assert answer.json()["needed_role"] == need.value


def check_node(method: str, address: str, project: Project) -> None:
    for client in (client_as(Role.ADMIN, project), client_of(make_user("root", is_platform_admin=True))):
        assert send(client, method, address).status_code == 401
    node = ApiClient(settings.NODE_SECRET_FILE.read_text().strip())
    assert send(node, method, address).status_code not in {401, 403, 500}


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "need"), CASES, ids=[f"{method} {path}" for method, path, _ in CASES])
def test_the_node_secret_opens_nothing_but_node_addresses(method, path, need):
    if need in {table.PUBLIC, table.NODE}:
        return
    node = ApiClient(settings.NODE_SECRET_FILE.read_text().strip())
    assert send(node, method, concrete(path, make_project())).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "need"), CASES, ids=[f"{method} {path}" for method, path, _ in CASES])
def test_the_objects_of_one_project_do_not_exist_in_another(method, path, need):
    if "{project}" not in path and not isinstance(need, table.ObjectRole):
        return
    mine, theirs = make_project("mine"), make_project("theirs")
    answer = send(client_as(Role.ADMIN, mine), method, concrete(path, theirs))
    assert answer.status_code == 404
    assert answer.json()["code"].endswith("not_found")
