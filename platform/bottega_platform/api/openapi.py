"""How endpoints describe themselves, and what is added to the finished OpenAPI document."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from bottega.problems import Problem
from bottega_platform.api import specs

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json"
PROBLEM = "application/problem+json"
REFERENCE = "#/components/schemas/{name}"
COMMON_ERRORS = {400: "Not readable", 401: "Not signed in", 403: "Not allowed", 404: "Not there"}
WRITE_ERRORS = {409: "Conflict", 412: "Stale version", 413: "Too large", 415: "Not JSON", 422: "Not valid"}
ALL_ERRORS = {**COMMON_ERRORS, **WRITE_ERRORS}
PAGE_PARAMETERS = (
    ("cursor", str, "Place in the list, from `next` or `previous`."),
    ("limit", int, "Rows per page, at most 1,000."),
    ("sort", str, "Field to sort by, with `-` for descending."),
    ("with_count", bool, "Add `count`, the number of rows in all pages."),
)


def operation(
    operation_id: str,
    summary: str,
    *,
    request: Any = None,
    response: Any = None,
    page: Any = None,
    status: int = 200,
    query: Mapping[str, str] | Sequence[OpenApiParameter] = (),
    media_type: str = JSON,
    request_media_type: str = JSON,
) -> Callable[[View], View]:
    """Describe one method of a view.

    Args:
        operation_id: unique name in snake case, ``list_sources``; clients are generated from it.
        summary: one line.
        request: struct (or schema) of the body.
        response: struct (or schema) of the answer; None means no body.
        page: struct of the rows, where the answer is a page.
        status: status of success.
        query: names and descriptions of query parameters.
        media_type: content type of the answer.
        request_media_type: content type of the body.
    """
    parameters = [*_query(query), *(_page_query() if page else ())]
    body = specs.page_of(page) if page else _schema(response)
    success: dict[Any, Any] = {(status, media_type): body} if body else {status: OpenApiResponse(description="Done")}
    decorate: Callable[[View], View] = extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=parameters,
        request={request_media_type: _schema(request)} if request is not None else None,
        responses={**success, **_problems(write=request is not None)},
    )
    return decorate


def _schema(shape: Any) -> dict[str, Any] | None:
    if shape is None or isinstance(shape, dict):
        return shape
    return specs.schema(shape)


def _query(query: Mapping[str, str] | Sequence[OpenApiParameter]) -> list[OpenApiParameter]:
    if not isinstance(query, Mapping):
        return list(query)
    return [OpenApiParameter(name, str, description=text) for name, text in query.items()]


def _page_query() -> list[OpenApiParameter]:
    return [OpenApiParameter(name, kind, description=text) for name, kind, text in PAGE_PARAMETERS]


def _problems(*, write: bool) -> dict[Any, Any]:
    errors = {**COMMON_ERRORS, **(WRITE_ERRORS if write else {})}
    shape = specs.schema(Problem)
    return {(status, PROBLEM): shape for status in errors}


class Schema(AutoSchema):  # type: ignore[misc]
    """Our defaults: tags from the address, ids only as written, bearer or cookie."""

    def get_operation_id(self) -> str:
        """Refuse a missing id."""
        raise ValueError(f"{self.method} {self.path}: describe it with @operation(...)")

    def get_tags(self) -> list[str]:
        """Group by the first word after the project."""
        words = [word for word in self.path.removeprefix("/api/v1/").split("/") if not word.startswith("{")]
        return [words[1] if words[0] == "projects" and len(words) > 1 else words[0]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Name the ways in, none for public addresses."""
        if self.method in self.view.public:
            return []
        return [{"node": []}] if _is_node(self.view) else [{"token": []}, {"session": []}]


def _is_node(view: Any) -> bool:
    from bottega_platform.api.views import NodeView

    return isinstance(view, NodeView)


def only_ours(endpoints: list[Any], **_: Any) -> list[Any]:
    """Keep the endpoints below ``/api/v1``."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the structs' schemas and the ways to authenticate."""
    structs = [specs.registered[name] for name in sorted(specs.registered)]
    components = msgspec.json.schema_components(structs, ref_template=REFERENCE)[1]
    parts = result.setdefault("components", {})
    parts["schemas"] = {**parts.get("schemas", {}), **dict(sorted(components.items()))}
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "API token `btg_…`"},
        "session": {"type": "apiKey", "in": "cookie", "name": "bottega_session"},
        "node": {"type": "http", "scheme": "bearer", "description": "Secret of the serving nodes"},
    }
    parts["responses"] = {str(status): _problem_response(text) for status, text in ALL_ERRORS.items()}
    for path in result["paths"].values():
        for described in path.values():
            _shorten(described["responses"])
    for schema in parts["schemas"].values():
        if "description" in schema:
            schema["description"] = re.sub(r"\s+", " ", schema["description"])
    return result


def _problem_response(text: str) -> dict[str, Any]:
    return {"description": text, "content": {PROBLEM: {"schema": specs.schema(Problem)}}}


def _shorten(answers: dict[str, Any]) -> None:
    """Replace the problems of one operation by references, and describe its success."""
    for status, answer in answers.items():
        if PROBLEM in answer.get("content", {}):
            answers[status] = {"$ref": f"#/components/responses/{status}"}
        else:
            answer["description"] = answer.get("description") or "Done"
