"""The agent's calls to the control plane, with the standard library."""

import http.client
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from bottega.serving_contract import Observed

NODE_HEADER = "X-Bottega-Node"
SIGNATURE_HEADER = "X-Bottega-Signature"


class ControlError(Exception):
    """The control plane did not answer as it should; the node goes on with what it has."""


class ControlClient:
    """Speaks for one node. ``secret`` is both its bearer token and the key of signatures."""

    def __init__(self, url: str, secret: bytes) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port
        self._base = parts.path.rstrip("/") + ("" if parts.path.rstrip("/").endswith("/api/v1") else "/api/v1")
        self._headers = {"Authorization": f"Bearer {secret.decode()}", "Accept": "application/json"}
        self.node_id = ""

    def enrol(self, name: str) -> str:
        """Make this node known and return its id."""
        status, _, body = self._call("POST", "/serving/nodes", msgspec.json.encode({"name": name}))
        if status not in (200, 201):
            raise ControlError(f"the control plane does not know this node (HTTP {status})")
        self.node_id = msgspec.json.decode(body)["id"]
        return self.node_id

    def desired(self, after: int, *, wait: float) -> tuple[bytes, str] | None:
        """Wait for a state newer than ``after``; return its bytes and signature, or None when there is none."""
        status, headers, body = self._call("GET", f"/serving/desired?after={after}&wait={wait:g}", timeout=wait + 10)
        if status == 204:
            return None
        if status != 200:
            raise ControlError(f"asking for the desired state gave HTTP {status}")
        return body, headers.get(SIGNATURE_HEADER, "")

    def observe(self, report: Observed) -> None:
        """Tell what was applied and counted."""
        status, _, _ = self._call("POST", "/serving/observed", msgspec.json.encode(report))
        if status not in (200, 202, 204):
            raise ControlError(f"the report was answered with HTTP {status}")

    def download(self, digest: str, path: str, target: Path) -> None:
        """Fetch one file of a bundle."""
        status, _, body = self._call("GET", f"/serving/bundles/{digest}/{quote(path)}", timeout=120)
        if status != 200:
            raise ControlError(f"file {path} of bundle {digest[:12]}… gave HTTP {status}")
        target.write_bytes(body)

    def _call(
        self, method: str, path: str, body: bytes | None = None, *, timeout: float = 15.0
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        headers = dict(self._headers, **{NODE_HEADER: self.node_id} if self.node_id else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, self._base + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ControlError(f"the control plane cannot be reached: {error}") from error
        finally:
            connection.close()
