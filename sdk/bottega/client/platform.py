"""Signing in and finding projects."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bottega.client import credentials
from bottega.client.credentials import Account, NotSignedIn
from bottega.client.http import API, Client, Unreachable, problem_of
from bottega.client.project import Project
from bottega.display import Grid, grid_html, grid_text
from bottega.problems import ProblemError

FIRST_ATTEMPTS = 2


class Platform:
    """A platform that you are signed in to."""

    def __init__(self, client: Client, me: dict[str, Any]) -> None:
        self.client = client
        self.me = me

    @property
    def url(self) -> str:
        """Where it is."""
        return self.client.url

    @property
    def username(self) -> str:
        """Who is signed in."""
        return str(self.me["user"]["username"])

    @property
    def projects(self) -> list[str]:
        """The slugs of your projects."""
        return sorted(str(data["slug"]) for data in self.client.pages("/projects", limit=1000))

    def project(self, slug: str | None = None) -> Project:
        """Return a project; without ``slug`` the one of ``BOTTEGA_PROJECT``, of ``bottega login``, or your only one.

        Raises:
            ProblemError: ``project_not_found``, or ``required`` where you have several and named none.
        """
        return Project(self.client, self.client.get(f"/projects/{slug or self._default()}"))

    def create_project(self, slug: str, *, name: str = "", description: str = "", tier: int = 3) -> Project:
        """Create a project; you become its admin."""
        body = {"slug": slug, "name": name, "description": description, "tier": tier}
        return Project(self.client, self.client.post("/projects", body))

    def _default(self) -> str:
        named = credentials.project_of(self.url)
        if named:
            return named
        mine = self.projects
        if len(mine) == 1:
            return mine[0]
        detail = f"You have {len(mine)} projects ({', '.join(mine[:8]) or 'none'}); say which one you mean."
        raise ProblemError(
            detail, code="project_unnamed", title="No project is named", hint="name it with -p, or set BOTTEGA_PROJECT"
        )

    def _grid(self) -> Grid:
        rows = [[project["slug"], project["name"], project["role"]] for project in self.me["projects"]]
        return Grid(f"{self.username} at {self.url}", ("project", "name", "your role"), rows)

    def __iter__(self) -> Iterator[Project]:
        for data in self.client.pages("/projects", limit=200):
            yield Project(self.client, data)

    def __repr__(self) -> str:
        return grid_text(self._grid())

    def _repr_html_(self) -> str:
        return grid_html(self._grid())


def connect(url: str | None = None, token: str | None = None) -> Platform:
    """Return the platform, signed in.

    Args:
        url: where it is; by default ``BOTTEGA_URL``, the one last signed in to, or http://127.0.0.1:8400.
        token: an API token; by default ``BOTTEGA_TOKEN``, or the one that ``bottega login`` keeps.

    Raises:
        NotSignedIn: there is no token, or it is not valid any more.
        Unreachable: nothing answers there.
    """
    at = credentials.url_of(url)
    client = Client(at, credentials.token_of(at, token))
    return Platform(client, _me(at, client))


def login(url: str | None = None, *, token: str | None = None, link: str | None = None) -> Platform:
    """Sign in and keep a token, for ``connect`` and the command line.

    Args:
        url: where the platform is, as of :func:`connect`; a link names it itself.
        token: an API token from the console.
        link: a one-time sign-in link; it is used up, and a token is made with it.

    Raises:
        ProblemError: the token or the link is not valid.
    """
    at = credentials.url_of(url or (_base(link) if link else None))
    if token is None and link is None:
        hint = f"{credentials.login_hint(at)}; or make a token in the console and pass it as token="
        raise NotSignedIn("Give a token, or a one-time sign-in link.", hint=hint)
    secret = token.strip() if token else _redeem(at, str(link))
    client = Client(at, secret)
    me = _me(at, client)
    credentials.remember(at, Account(secret, me["user"]["username"], _kept_project(at)))
    return Platform(client, me)


def _me(url: str, client: Client) -> dict[str, Any]:
    """Ask who is signed in; quick to give up, because a wrong address is the usual mistake."""
    first = Client(url, attempts=FIRST_ATTEMPTS)
    try:
        first.get("/health")
    finally:
        first.close()
    try:
        found: dict[str, Any] = client.get("/me")
    except ProblemError as error:
        if error.problem.status != httpx.codes.UNAUTHORIZED:
            raise
        hint = credentials.login_hint(url)
        raise NotSignedIn(f"{url} does not know the token any more.", code="token_invalid", hint=hint) from error
    return found


def _kept_project(url: str) -> str | None:
    kept = credentials.load().accounts.get(url)
    return kept.project if kept else None


def _base(link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ProblemError(f"{link[:80]!r} is no sign-in link.", code="link_invalid", title="This is no sign-in link")
    return f"{parts.scheme}://{parts.netloc}"


def _redeem(url: str, link: str) -> str:
    """Open a session with the link, make a token in it, and end it."""
    secret = _secret(link)
    with httpx.Client(base_url=url, timeout=30, trust_env=False, headers={"Origin": url}) as session:
        try:
            _checked(session.post(f"{API}/session", json={"link_token": secret}))
            csrf = {"X-CSRFToken": session.cookies.get("bottega_csrf") or ""}
            name = f"login on {socket.gethostname()}"[:120]
            made = _checked(session.post(f"{API}/tokens", json={"name": name}, headers=csrf)).json()
            _checked(session.delete(f"{API}/session", headers=csrf))
        except httpx.TransportError as error:
            raise Unreachable(f"Nothing answers at {url} ({error}).", hint="bottega up") from error
    return str(made["secret"])


def _secret(link: str) -> str:
    parts = urlsplit(link)
    for text in (parts.fragment, parts.query):
        for values in parse_qs(text).values():
            if values[0].startswith("btl_"):
                return values[0]
    found = next((part for part in (parts.fragment, parts.path.rsplit("/", 1)[-1]) if part.startswith("btl_")), None)
    return found or link


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise problem_of(answer)
    return answer
