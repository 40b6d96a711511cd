"""Server-sent event streams: plain asynchronous views, because REST views refuse EventSource with 406.

Every event has an id. A client that comes back with ``Last-Event-ID`` gets what it missed; a job's stream is
exact, a project's may repeat an event of the last seconds, never miss one. A job's stream ends with its job.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from bottega_platform.api import auth, problems
from bottega_platform.api.errors import BadRequest
from bottega_platform.api.problems import MethodNotAllowed
from bottega_platform.events.hub import AGAIN, Subscription, hub
from bottega_platform.events.services import job_data
from bottega_platform.jobs.access import job_for
from bottega_platform.jobs.models import Job, JobEvent
from bottega_platform.jobs.states import FINAL
from bottega_platform.projects import permissions

HEARTBEAT_SECONDS = 15.0
REPLAY_LIMIT = 500
OVERLAP = timedelta(seconds=10)
StreamView = Callable[..., Awaitable[HttpResponseBase]]
Event = dict[str, Any]


def stream_view(view: StreamView) -> StreamView:
    """Refuse other methods than GET and answer errors as problem documents."""

    @wraps(view)
    async def guarded(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        try:
            _only_get(request)
            return await view(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - every error becomes a problem document
            problem = problems.translate(error)
            return problems.response(problem, request) if problem else problems.unexpected(error, request)

    return guarded


def _only_get(request: HttpRequest) -> None:
    if request.method != "GET":
        raise MethodNotAllowed(f"{request.method} is not offered here. Use GET.", allow=["GET"])


@stream_view
async def job_events(request: HttpRequest, job: str) -> HttpResponseBase:
    """Follow one job until it ends."""
    last = _last_event_id(request)
    found = await _in_thread(lambda: job_for(auth.user_of(request), job)[0])
    if last is not None and found.is_final and not await _in_thread(partial(_says_more, found.pk, last)):
        return HttpResponse(status=204)  # tells an EventSource not to come back
    return _answer(_job_stream(found, last))


@stream_view
async def project_events(request: HttpRequest, project: str) -> HttpResponseBase:
    """Follow everything that happens in a project."""
    last = _last_event_id(request)
    found = await _in_thread(lambda: permissions.enter(auth.user_of(request), project)[0])
    return _answer(_project_stream(found.pk, last))


def _answer(stream: AsyncIterator[bytes]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(stream, content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _last_event_id(request: HttpRequest) -> int | None:
    text = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest("Last-Event-ID is the id of an event that we sent.", code="bad_event_id")
    return int(text)


async def _job_stream(job: Job, last: int | None) -> AsyncIterator[bytes]:
    with hub().subscribe(job=job.pk) as subscription:
        await hub().ready()
        yield b"retry: 1000\n\n"
        place = -1 if last is None else last
        async for event in _events(subscription, lambda seen: _of_job(job.pk, seen), last):
            if event is None:
                yield b": alive\n\n"
            elif event["id"] > place:
                place = event["id"]
                yield _frame(event)
                if event["type"] == "job.state" and event["data"]["state"] in FINAL:
                    return


async def _project_stream(project_id: str, last: int | None) -> AsyncIterator[bytes]:
    with hub().subscribe(project=project_id) as subscription:
        await hub().ready()
        yield b"retry: 1000\n\n"
        sent: deque[int] = deque(maxlen=2 * REPLAY_LIMIT)
        async for event in _events(subscription, lambda seen: _of_project(project_id, seen), last):
            if event is None:
                yield b": alive\n\n"
            elif event["id"] not in sent:
                sent.append(event["id"])
                yield _frame(event)


async def _events(
    subscription: Subscription, look: Callable[[int | None], list[Event]], seen: int | None
) -> AsyncIterator[Event | None]:
    """Yield what the database holds, then what is heard; look again when something was missed."""
    heard: Event = AGAIN
    while True:
        for event in await _in_thread(partial(look, seen)) if heard is AGAIN else [heard]:
            seen = max(seen or 0, event["id"])
            yield event
        try:
            heard = await asyncio.wait_for(subscription.events.get(), HEARTBEAT_SECONDS)
        except TimeoutError:  # also look again: the writer may have died before it could notify
            heard = AGAIN
            yield None


def _of_job(job_id: str, seen: int | None) -> list[Event]:
    """Return the job's events after ``seen``; a first look tells how the job is now."""
    rows = JobEvent.objects.filter(job_id=job_id)
    if seen is not None:
        return _rendered(rows.filter(pk__gt=seen))
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    return [{"id": newest or 0, "type": "job.state", "data": job_data(Job.objects.get(pk=job_id))}]


def _says_more(job_id: str, seen: int) -> bool:
    """Tell whether the job's stream did not come to its end yet."""
    return JobEvent.objects.filter(job_id=job_id, type="job.state", pk__gt=seen).exists()


def _of_project(project_id: str, seen: int | None) -> list[Event]:
    """Return the events after ``seen``, and those shortly before it that may have been committed later."""
    if seen is None:
        return []
    rows = JobEvent.objects.filter(project_id=project_id)
    anchor = rows.filter(pk__lte=seen).order_by("-pk").first()
    if anchor is None:
        return _rendered(rows.filter(pk__gt=seen))
    recent = rows.filter(pk__gt=seen - REPLAY_LIMIT, created_at__gte=anchor.created_at - OVERLAP)
    return _rendered(recent.exclude(pk=seen))


def _rendered(rows: QuerySet[JobEvent]) -> list[Event]:
    newest = list(rows.order_by("-pk")[:REPLAY_LIMIT])
    return [{"id": row.pk, "type": row.type, "data": row.data} for row in reversed(newest)]


def _frame(event: Event) -> bytes:
    body = json.dumps(event["data"], separators=(",", ":"))
    return f"id: {event['id']}\nevent: {event['type']}\ndata: {body}\n\n".encode()


async def _in_thread(look: Callable[[], Any]) -> Any:
    """Run a query and give its connection back to the pool at once."""

    def run() -> Any:
        if not connection.in_atomic_block:
            close_old_connections()
        try:
            return look()
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return await sync_to_async(run, thread_sensitive=True)()
