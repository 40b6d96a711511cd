"""What serving nodes ask: the desired state, bundles; and what they report."""

import time
from pathlib import PurePosixPath
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse

from bottega.bundle import Manifest
from bottega.faults import fault_point
from bottega.problems import ProblemError
from bottega.serving_contract import DesiredState, Observed
from bottega_platform.api import auth, problems, responses, specs
from bottega_platform.api.errors import BadRequest, NotFound
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import NodeView
from bottega_platform.artifacts.services import blobs
from bottega_platform.deployments import desired, services, waiting
from bottega_platform.deployments.api.schemas import NodeIn, NodeOut, node_out
from bottega_platform.deployments.models import Deployment
from bottega_platform.predictions import services as predictions

SIGNATURE_HEADER = "X-Bottega-Signature"
MANIFEST = "manifest.json"
MAX_WAIT_SECONDS = 20


class NodesView(NodeView):
    """Serving nodes."""

    @operation("enrol_node", "Enrol a serving node", request=NodeIn, response=NodeOut)
    def post(self, request: Any) -> HttpResponse:
        """Make the node known; its name stays the same over restarts."""
        body = specs.decode(NodeIn, request.data)
        return responses.ok(node_out(services.enrol(body.name)))


async def desired_state(request: HttpRequest) -> HttpResponse:
    """Answer the signed desired state once it is newer than ``after``, or 204 when ``wait`` seconds are over.

    A plain asynchronous view: it waits without a thread and without a database connection.
    """
    try:
        if request.method != "GET":
            raise problems.MethodNotAllowed("Only GET is offered here.", allow=["GET"])
        auth.check_node(request)
        after, wait = _number(request, "after"), min(_number(request, "wait"), MAX_WAIT_SECONDS)
    except ProblemError as error:
        return problems.response(error, request)
    state = await sync_to_async(_state)()
    if state.generation <= after and wait > 0:
        state = await _newer(after, time.monotonic() + wait)
    return _signed(state) if state.generation > after else responses.empty()


async def _newer(after: int, until: float) -> DesiredState:
    """Return the state once it is newer, or as it is when the time is over."""
    with waiting.hub.waiter() as waiter:
        while True:
            state = await sync_to_async(_state)()
            left = until - time.monotonic()
            if state.generation > after or left <= 0:
                return state
            await waiter.wait(min(left, waiting.LOOK_AGAIN_SECONDS))


def _state() -> DesiredState:
    try:
        return desired.current()
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _signed(state: DesiredState) -> HttpResponse:
    fault_point("after_generation_before_answer")
    body = msgspec.json.encode(state)
    answer = HttpResponse(body, content_type="application/json")
    answer[SIGNATURE_HEADER] = desired.signature(body)
    answer["Cache-Control"] = "no-store"
    return answer


class ObservedView(NodeView):
    """What nodes observed."""

    @operation("report_observed", "A node's report", request=Observed, status=204)
    def post(self, request: Any) -> HttpResponse:
        """Take stages and traffic; repeating a report changes nothing."""
        report = specs.decode(Observed, request.data)
        services.observe(report)
        predictions.record(report)
        return responses.empty()


class BundleFileView(NodeView):
    """Files of bundles that a deployment names."""

    @operation("get_bundle_file", "A file of a bundle", response={"type": "string", "format": "binary"})
    def get(self, request: Any, digest: str, path: str) -> HttpResponse:
        """Answer the file; the node checks its digest."""
        if not Deployment.objects.filter(bundle=digest).exists():
            raise NotFound(f"No deployment names a bundle {digest[:12]}….")
        return HttpResponse(blobs().read(_digest_of(digest, path)), content_type="application/octet-stream")


def _digest_of(bundle: str, path: str) -> str:
    if path == MANIFEST:
        return bundle
    manifest = msgspec.json.decode(blobs().read(bundle), type=Manifest)
    wanted = str(PurePosixPath(path))
    found = next((entry.sha256 for entry in manifest.files if entry.path == wanted), None)
    if found is None:
        raise NotFound(f"The bundle has no file {path[:100]}.")
    return found


def _number(request: Any, name: str) -> int:
    text = request.GET.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest(f"{name} is a whole number.", code="bad_number")
    return int(text)
