"""Routes of an edge worker, and the swap of what stands behind them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from bottega.problems import Problem
from bottega.serving_contract import DesiredState
from bottega_serving.edge.answer import RequestIds, given_id, problem_answer
from bottega_serving.edge.call import FAILURES, Call, Client
from bottega_serving.edge.endpoint import Endpoint, sample_body
from bottega_serving.edge.http import JSON, PROBLEM, TEXT, HttpConnection, Request
from bottega_serving.metrics import Board, render
from bottega_serving.settings import Settings

log = logging.getLogger("bottega.serving")
_TITLES = {404: "Not found", 400: "The request is refused", 405: "Method not allowed", 401: "Not allowed"}


class App:
    """Answers requests from one dict of endpoints; ``swap`` replaces that dict and nothing else."""

    def __init__(self, settings: Settings, board: Board) -> None:
        self.settings = settings
        self.board = board
        self.connections: set[HttpConnection] = set()
        self.clock = asyncio.get_running_loop().time()  # a second old at most: deadlines need no better one
        self.draining = False
        self.ready = False
        self.state = DesiredState(generation=0, routes=[])
        self._endpoints: dict[bytes, Endpoint] = {}
        self._ids = RequestIds()
        self._hosts: set[bytes] = set()

    def swap(self, state: DesiredState, endpoints: dict[str, Endpoint]) -> None:
        """Serve these endpoints from the next request on; requests under way keep the old ones."""
        table = {f"/v1/endpoints/{name}/predict".encode(): endpoint for name, endpoint in endpoints.items()}
        self.state, self._endpoints = state, table

    def endpoints(self) -> dict[bytes, Endpoint]:
        """Return the endpoints by predict path."""
        return self._endpoints

    def handle(self, connection: Client, request: Request) -> None:
        """Answer one request."""
        if request.host not in self._hosts and not self._known_host(request.host):
            self._problem(connection, request, 400, "host_not_allowed", "This Host is not served here.")
            return
        endpoint = self._endpoints.get(request.url)
        call = None
        try:
            if endpoint is not None and request.method == b"POST":
                given = request.request_id and given_id(request.request_id)
                call = Call(connection, request, given or self._ids.next())
                self._predict(endpoint, call)
            else:
                self._other(connection, request)
        except FAILURES:
            log.exception("a request failed")
            self._failed(connection, request, endpoint)

    def _failed(self, connection: Client, request: Request, endpoint: Endpoint | None) -> None:
        if endpoint is not None:
            endpoint.counter.error()
        self._problem(connection, request, 500, "internal", "The server failed on this request; its log says why.")

    def _predict(self, endpoint: Endpoint, call: Call) -> None:
        kind = call.request.content_type
        if kind != JSON and kind and not kind.lower().startswith(JSON):
            detail = "Send the body as application/json."
            endpoint.refuse(call, Problem("media_type_not_supported", "Unsupported media type", 415, detail))
        elif not endpoint.admits(call.request):
            detail = "Send the endpoint's API key as 'Authorization: Bearer <key>'."
            endpoint.refuse(call, Problem("not_authenticated", "Not allowed", 401, detail))
        else:
            endpoint.predict(call)

    def _known_host(self, host: bytes | None) -> bool:
        if not host:
            return False
        name = host.decode("latin-1").lower()
        name = name.rsplit(":", 1)[0] if not name.endswith("]") else name
        if name not in self.settings.allowed_hosts:
            return False
        if len(self._hosts) < 64:
            self._hosts.add(host)
        return True

    def _other(self, connection: Client, request: Request) -> None:
        path = request.url.split(b"?", 1)[0].decode("latin-1")
        if request.method not in (b"GET", b"HEAD"):
            self._unrouted(connection, request, path)
            return
        fixed: dict[str, Callable[[Client, Request], None]] = {
            "/v2/health/live": self._live,
            "/v2/health/ready": self._ready,
            "/metrics": self._metrics,
        }
        if path in fixed:
            fixed[path](connection, request)
        elif path.startswith("/v1/endpoints/"):
            self._describe(connection, request, path.removeprefix("/v1/endpoints/"))
        elif path.startswith("/v2/models/") and path.endswith("/ready"):
            self._model_ready(connection, request, path.removeprefix("/v2/models/").removesuffix("/ready"))
        else:
            self._unrouted(connection, request, path)

    def _unrouted(self, connection: Client, request: Request, path: str) -> None:
        known = request.url in self._endpoints or path in {"/metrics", "/v2/health/live", "/v2/health/ready"}
        if known:
            self._problem(connection, request, 405, "method_not_allowed", "This path does not take this method.")
        elif path.startswith("/v1/endpoints/") and path.endswith("/predict"):
            name = path.removeprefix("/v1/endpoints/").removesuffix("/predict")[:130]
            detail = f"No endpoint '{name}' is deployed on this node."
            self._problem(connection, request, 404, "endpoint_not_found", detail)
        else:
            self._problem(connection, request, 404, "not_found", "There is nothing at this path.")

    def _live(self, connection: Client, request: Request) -> None:
        connection.answer(request, 200, b'{"live":true}')

    def _ready(self, connection: Client, request: Request) -> None:
        if self.draining or not self.ready:
            self._problem(connection, request, 503, "not_ready", "This node is starting or going away.")
        else:
            connection.answer(request, 200, b'{"ready":true,"generation":%d}' % self.state.generation)

    def _metrics(self, connection: Client, request: Request) -> None:
        connection.answer(request, 200, render(self.board.totals()), TEXT)

    def _model_ready(self, connection: Client, request: Request, name: str) -> None:
        if f"/v1/endpoints/{name}/predict".encode() in self._endpoints:
            connection.answer(request, 200, b'{"ready":true}')
        else:
            self._problem(connection, request, 404, "endpoint_not_found", "No such endpoint is deployed on this node.")

    def _describe(self, connection: Client, request: Request, name: str) -> None:
        endpoint = self._endpoints.get(f"/v1/endpoints/{name}/predict".encode())
        if endpoint is None:
            self._unrouted(connection, request, f"/v1/endpoints/{name}/predict")
            return
        connection.answer(request, 200, msgspec.json.encode(describe(endpoint)))

    def _problem(self, connection: Client, request: Request, status: int, code: str, detail: str) -> None:
        problem = Problem(code, _TITLES.get(status, "The request cannot be answered"), status, detail)
        request_id = given_id(request.request_id) or self._ids.next()
        extra = b"Allow: GET, HEAD, POST\r\n" if status == 405 else b""
        connection.answer(request, status, problem_answer(problem, request_id), PROBLEM, extra)


def describe(endpoint: Endpoint) -> dict[str, Any]:
    """Return what a caller may know about an endpoint: its signature and a body that works."""
    route, manifest = endpoint.route, endpoint.model.manifest
    signature = manifest.signature
    return {
        "endpoint": route.endpoint,
        "model": route.model,
        "version": route.version,
        "arm": route.arm,
        "deployment": route.deployment_id,
        "auth": route.auth,
        "task": manifest.task,
        "output": signature.output,
        "keys": msgspec.to_builtins(signature.keys),
        "request": msgspec.to_builtins(signature.request),
        "features": [
            {"name": field.name, "type": field.type, "view": field.view} for field in endpoint.plan.decoder.features
        ],
        "inputs": msgspec.to_builtins(signature.inputs),
        "sample": sample_body(signature, endpoint.default_as_of()),
    }
