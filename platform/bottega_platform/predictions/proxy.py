"""Passing a prediction to a serving node: for the console, which may only talk to its own origin."""

import httpx

from bottega_platform.api import context
from bottega_platform.api.errors import Unavailable
from bottega_platform.config import env

TIMEOUT_SECONDS = 10.0


def predict(*, address: str, body: bytes, key: str | None) -> tuple[int, str, bytes]:
    """Send a predict body to the node; return status, content type and body of its answer.

    Raises:
        Unavailable: the node does not answer.
    """
    url = f"{env.current().serving_url}/v1/endpoints/{address}/predict"
    return _send("POST", url, body, key)


def describe(*, address: str) -> tuple[int, str, bytes]:
    """Return what the node says about an endpoint: its signature and a sample body."""
    return _send("GET", f"{env.current().serving_url}/v1/endpoints/{address}", None, None)


def _send(method: str, url: str, body: bytes | None, key: str | None) -> tuple[int, str, bytes]:
    headers = {"Content-Type": "application/json", "X-Request-ID": context.current().request_id or ""}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    try:
        answer = httpx.request(method, url, content=body, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        raise Unavailable(
            "No serving node answers. Look at its state with “bottega status”.", code="serving_unavailable"
        ) from error
    return answer.status_code, answer.headers.get("Content-Type", "application/json"), answer.content
