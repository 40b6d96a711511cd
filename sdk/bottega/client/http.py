"""One REST client: problems become exceptions, every POST carries an idempotency key, retries are safe."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import httpx
import stamina

from bottega.client.jobs import wait_for_job
from bottega.problems import Fault, ProblemError

API = "/api/v1"
ATTEMPTS = 5
KNOWN = frozenset(
    {"type", "title", "status", "detail", "code", "instance", "request_id", "errors", "truncated", "hint"}
)


class Unreachable(ProblemError):
    """Nothing answers at the platform's address."""

    code = "unreachable"
    title = "The platform does not answer"
    status = 503


class _ComeBack(Exception):
    """The platform is busy and said when to ask again."""


class Client:
    """A signed-in client of one control plane.

    Args:
        url: Base address, such as ``http://127.0.0.1:8400``.
        token: A bearer token; without one only public routes answer.
        timeout: Seconds to wait for any one answer.
        attempts: How often a request is tried when the connection is lost.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 60.0, attempts: int = ATTEMPTS) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = url.rstrip("/")
        self._attempts = attempts
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of ``GET /api/v1<path>``."""
        return self.send("GET", path, params=query).json()

    def find(self, path: str, **query: Any) -> Any:
        """Do :meth:`get`, and return None where there is no such thing."""
        try:
            return self.get(path, **query)
        except ProblemError as error:
            if error.problem.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of ``POST /api/v1<path>``; a retry carries the same idempotency key."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        response = self.send("POST", path, json={} if body is None else body, params=query, headers=headers)
        return response.json() if response.content else None

    def put(self, path: str, body: Any) -> Any:
        """Return the JSON of ``PUT /api/v1<path>``."""
        return self.send("PUT", path, json=body).json()

    def patch(self, path: str, body: Any) -> Any:
        """Return the JSON of ``PATCH /api/v1<path>``."""
        return self.send("PATCH", path, json=body).json()

    def delete(self, path: str) -> None:
        """Send ``DELETE /api/v1<path>``."""
        self.send("DELETE", path)

    def upload(self, path: str, content: bytes, **query: Any) -> Any:
        """Send raw bytes to ``POST /api/v1<path>`` and return the JSON answer."""
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": uuid.uuid4().hex}
        return self.send("POST", path, content=content, params=query, headers=headers).json()

    def download(self, path: str) -> bytes:
        """Return the bytes of ``GET /api/v1<path>``."""
        return self.send("GET", path).content

    def download_to(self, path: str, target: BinaryIO) -> None:
        """Write the bytes of ``GET /api/v1<path>`` into a file as they come."""
        with self.stream(path) as chunks:
            target.writelines(chunks)

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """Yield the chunks of ``GET /api/v1<path>``; a busy platform is asked again."""
        response = self._retried(lambda: self._opened(path, query))
        try:
            yield response.iter_bytes()
        finally:
            response.close()

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every result of a paginated list, page by page."""
        page = self.get(path, **query)
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = self._checked(self._retried(lambda at=page["next"]: self._http.get(at))).json()  # type: ignore[misc]

    def wait(self, job_id: str, *, on_progress: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
        """Wait for a job; return it when it succeeded, raise :class:`JobFailed` when not."""
        return wait_for_job(self, job_id, on_progress=on_progress)

    def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send one request with retries on lost connections; raise :class:`ProblemError` on an error status.

        Raises:
            Unreachable: nothing answers.
        """
        return self._checked(self._retried(lambda: self._http.request(method, API + path, **arguments)))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _opened(self, path: str, query: Mapping[str, Any]) -> httpx.Response:
        wanted = {name: value for name, value in query.items() if value is not None}
        response = self._http.send(self._http.build_request("GET", API + path, params=wanted), stream=True)
        if response.is_error:
            response.read()
            if response.headers.get("Retry-After") and response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                raise _ComeBack(problem_of(response).problem.detail)
        return self._checked(response)

    def _retried(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            for attempt in stamina.retry_context(
                on=(httpx.TransportError, _ComeBack), attempts=self._attempts, timeout=30
            ):
                with attempt:
                    return request()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except _ComeBack as error:
            raise Unreachable(str(error), code="busy", title="Not available now") from error
        raise AssertionError("the last attempt returns or raises")

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        detail = f"Nothing answers at {self.url} ({error or type(error).__name__})."
        return Unreachable(detail, hint="bottega up, on the platform's machine; or set BOTTEGA_URL to where it is")

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_error:
            raise problem_of(response)
        return response


def problem_of(response: httpx.Response) -> ProblemError:
    """Return an answer's problem document as an exception, whatever else the answer holds."""
    try:
        document = response.json()
    except (ValueError, json.JSONDecodeError):
        document = {}
    document = document if isinstance(document, dict) else {}
    code = document.get("code", "http_error")
    return ProblemError(
        document.get("detail") or f"{response.request.method} {response.request.url} answered {response.status_code}",
        code=code,
        title=document.get("title", "The request failed"),
        status=response.status_code,
        errors=[fault_of(item) for item in document.get("errors", []) if isinstance(item, dict)],
        hint=document.get("hint") or ("bottega login" if code in {"unauthenticated", "token_invalid"} else None),
        request_id=document.get("request_id"),
        **{name: value for name, value in document.items() if name not in KNOWN},
    )


def fault_of(item: Mapping[str, Any]) -> Fault:
    """Return one entry of ``errors``."""
    return Fault(
        code=item.get("code", ""),
        detail=item.get("detail", item.get("message", "")),
        pointer=item.get("pointer"),
        row=item.get("row"),
        column=item.get("column"),
        got=item.get("got"),
    )
