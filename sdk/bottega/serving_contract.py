"""What the control plane and a serving node tell each other; signed, numbered, kept on the node's disk.

The control plane publishes one :class:`DesiredState` per node pool; its bytes are signed with HMAC-SHA256
over the body with the node's secret (header ``X-Bottega-Signature: sha256=<hex>``). A node refuses a
generation older than the one it has. Bundles are fetched by digest, file by file.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

DESIRED_FORMAT = 1
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Stage(StrEnum):
    """Stages of one deployment, in order; ``failed`` may follow any before ``active``."""

    REQUESTED = "requested"
    FETCHED = "fetched"
    LOADED = "loaded"
    VERIFIED = "verified"
    WARM = "warm"
    READY = "ready"
    SHIFTING = "shifting"
    ACTIVE = "active"
    FAILED = "failed"


class DesiredRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One endpoint: the deployment to serve and the bundle behind it. ``previous`` stays loaded for rollback."""

    endpoint: str
    endpoint_id: str
    project_id: str
    deployment_id: str
    model: str
    version: int
    bundle: str
    auth: Literal["none", "key"] = "none"
    key_hashes: list[str] = []
    previous_bundle: str | None = None
    arm: str = "live"
    as_of: str | None = None


class DesiredState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a node should serve. ``generation`` only grows."""

    generation: int
    routes: list[DesiredRoute]
    format: int = DESIRED_FORMAT


class ObservedDeployment(msgspec.Struct, frozen=True):
    """How far a node is with one deployment; ``code`` and ``reason`` are set when failed."""

    deployment_id: str
    stage: Stage
    code: str | None = None
    reason: str | None = None
    seconds: dict[str, float] = {}


class TrafficCell(msgspec.Struct, frozen=True):
    """Requests of one endpoint and version in one minute: ``buckets[i]`` counts latencies whose
    microseconds fall in [2**(i/4), 2**((i+1)/4)); 96 buckets. A cell holds the minute's totals so far of
    this run of the node, so reporting it again, or again with more, is harmless."""

    endpoint_id: str
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    minute: str
    requests: Count
    errors: Count
    degraded: Count
    buckets: list[Count]


class Observed(msgspec.Struct, frozen=True):
    """A node's report: what it has applied, each deployment's stage, the traffic not yet acknowledged.

    ``boot`` names this run of the node: its counters begin at zero with it.
    """

    node_id: str
    generation: int
    deployments: list[ObservedDeployment]
    traffic: list[TrafficCell] = []
    boot: Annotated[str, msgspec.Meta(max_length=40)] = ""
