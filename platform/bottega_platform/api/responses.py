"""Answers of endpoints: a struct as JSON, with its ETag, location and job."""

from typing import Any

import msgspec
from django.http import HttpResponse

from bottega_platform.api import etag as etags

_encoder = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")


def json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Encode ``body`` (struct, list, dict) as a JSON response."""
    answer = HttpResponse(_encoder.encode(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def ok(body: Any, *, resource: Any = None, headers: dict[str, str] | None = None) -> HttpResponse:
    """Answer 200; with ``resource`` the answer carries its ETag."""
    return _tagged(json(body, headers=headers), resource)


def created(body: Any, location: str, *, resource: Any = None) -> HttpResponse:
    """Answer 201 with the new resource and where it is."""
    return _tagged(json(body, status=201, headers={"Location": location}), resource)


def accepted(body: Any, job: Any, *, resource: Any = None) -> HttpResponse:
    """Answer 202: the work goes on in ``job`` (a job, or its id), to be followed at ``Location``."""
    job_id = job if isinstance(job, str) else job.id
    headers = {"Location": f"/api/v1/jobs/{job_id}", "Retry-After": "1"}
    return _tagged(json(body, status=202, headers=headers), resource)


def empty() -> HttpResponse:
    """Answer 204."""
    answer = HttpResponse(status=204)
    answer["Cache-Control"] = "no-store"
    return answer


def _tagged(answer: HttpResponse, resource: Any) -> HttpResponse:
    if resource is not None:
        answer["ETag"] = etags.etag(resource)
    return answer
