"""Creating endpoints, deploying, rolling back, and following what the nodes observed.

A deployment is two pointers of its endpoint: ``target`` moves when it is requested, ``active`` when every live
node serves it. A failure moves ``target`` back. Every step is level-triggered and may be repeated.
"""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bottega.faults import fault_point
from bottega.serving_contract import Observed, ObservedDeployment, Stage
from bottega_platform.accounts.models import User
from bottega_platform.api.errors import Conflict, NameTaken
from bottega_platform.artifacts.services import blobs
from bottega_platform.audit import services as audit
from bottega_platform.deployments import keys, states
from bottega_platform.deployments.errors import EndpointServing, NothingToRollBackTo, VersionNotReady
from bottega_platform.deployments.models import Deployment, Endpoint, NodeStage, ServingNode
from bottega_platform.events import services as events
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.registry import services as registry

DEADLINE = timedelta(minutes=10)
NODE_ALIVE = timedelta(seconds=60)


def facts(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the audit trail keeps of an endpoint."""
    return {
        "name": endpoint.name,
        "description": endpoint.description,
        "auth": endpoint.auth,
        "target": endpoint.target_id,
        "active": endpoint.active_id,
    }


@transaction.atomic
def create_endpoint(
    *, actor: User, project: Project, name: str, description: str = "", auth: str | None = None
) -> tuple[Endpoint, str | None]:
    """Create an endpoint; one that asks for a key returns its first, this once.

    Raises:
        NameTaken: a live endpoint of the project has the name.
        KeyRequired: it should be open to everybody, in the server profile.
    """
    check_slug(name, pointer="/name")
    auth = keys.auth_wanted(auth, pointer="/spec/auth")
    endpoint = Endpoint(project=project, name=name, description=description, auth=auth, created_by=actor)
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(name) from error
    audit.record(actor=actor, project=project, action="endpoint.create", subject=endpoint, after=facts(endpoint))
    return endpoint, _first_key(actor, endpoint)


@transaction.atomic
def update_endpoint(*, actor: User, endpoint: Endpoint, changes: dict[str, Any], reason: str = "") -> str | None:
    """Change description or authentication; switching keys on returns a new key, this once; off ends all."""
    before, switched = facts(endpoint), changes.get("auth", endpoint.auth) != endpoint.auth
    if "auth" in changes:
        keys.auth_wanted(changes["auth"], pointer="/auth")
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.save()
    audit.record(
        actor=actor, project=endpoint.project, action="endpoint.update", subject=endpoint, before=before,
        after=facts(endpoint), reason=reason,
    )  # fmt: skip
    if not switched:
        return None
    keys.revoke_all(endpoint)
    return _first_key(actor, endpoint)


def _first_key(actor: User, endpoint: Endpoint) -> str | None:
    return keys.create(actor=actor, endpoint=endpoint, name=keys.FIRST)[1] if endpoint.auth == "key" else None


@transaction.atomic
def delete_endpoint(*, actor: User, endpoint: Endpoint, reason: str = "") -> None:
    """Take an endpoint away; the nodes stop answering for it."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.target_id is not None and endpoint.target_id != endpoint.active_id:
        raise EndpointServing("A deployment is on its way. Wait until it is over, then delete the endpoint.")
    before = facts(endpoint)
    endpoint.soft_delete()
    audit.record(
        actor=actor, project=endpoint.project, action="endpoint.delete", subject=endpoint, before=before, reason=reason
    )


@transaction.atomic
def deploy(*, actor: User, endpoint: Endpoint, model: str, version: int) -> Deployment:
    """Ask for a model version to be served.

    Raises:
        NotFound: there is no such model or version.
        VersionNotReady: it has no bundle that passed its checks.
    """
    row = registry.version(endpoint.project, model, version)
    if not blobs().exists(row.bundle):
        raise VersionNotReady(f"The bundle of {model} version {version} is not there. Register the run again.")
    return _start(actor=actor, endpoint=endpoint, kind="deploy", model=model, version=version, bundle=row.bundle)


@transaction.atomic
def roll_back(*, actor: User, endpoint: Endpoint, to: str | None = None) -> Deployment:
    """Serve again what was served before, or the deployment ``to``.

    Raises:
        NothingToRollBackTo: there is no earlier deployment that was active.
    """
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    goal = _rollback_goal(endpoint, to)
    return _start(
        actor=actor,
        endpoint=endpoint,
        kind="rollback",
        model=goal.model,
        version=goal.model_version,
        bundle=goal.bundle,
    )


def _rollback_goal(endpoint: Endpoint, to: str | None) -> Deployment:
    served = endpoint.deployments.filter(stage=Stage.ACTIVE.value)
    if to is not None:
        goal: Deployment = served.get_or_404(id=to)
        return goal
    now = endpoint.active
    if now is not None and endpoint.target_id != now.id:
        return now
    if now is None or now.previous is None:
        raise NothingToRollBackTo("Only one version was ever served here. Deploy another one instead.")
    return now.previous


def rollback_possible(endpoint: Endpoint) -> bool:
    """Tell whether there is something to roll back to."""
    now = endpoint.active
    return now is not None and (now.previous_id is not None or endpoint.target_id != now.id)


def _start(*, actor: User, endpoint: Endpoint, kind: str, model: str, version: int, bundle: str) -> Deployment:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    now = timezone.now()
    _supersede(endpoint)
    newest = endpoint.deployments.order_by("-number").first()
    deployment = Deployment(
        project=endpoint.project, endpoint=endpoint, kind=kind, number=newest.number + 1 if newest else 1,
        model=model, model_version=version, bundle=bundle, previous=endpoint.active, created_by=actor,
        created_at=now, deadline=now + DEADLINE,
        events=[{"stage": Stage.REQUESTED.value, "at": now.isoformat(), "seconds": 0.0}],
    )  # fmt: skip
    deployment.save(force_insert=True)
    before = facts(endpoint)
    endpoint.target = deployment
    endpoint.save()
    audit.record(
        actor=actor, project=endpoint.project, action=f"endpoint.{kind}", subject=endpoint, before=before,
        after={**facts(endpoint), "model": model, "version": version},
    )  # fmt: skip
    announce(deployment)
    fault_point("after_target_before_commit")
    return deployment


def _supersede(endpoint: Endpoint) -> None:
    target = endpoint.target
    if target is not None and Stage(target.stage) not in states.FINAL:
        fail(target, "superseded", "A newer deployment was requested before this one was active.")


def announce(deployment: Deployment) -> None:
    """Tell listening consoles about a deployment."""
    data = {
        "id": deployment.id,
        "endpoint": deployment.endpoint.name,
        "stage": deployment.stage,
        "model": deployment.model,
        "version": deployment.model_version,
        "code": deployment.code or None,
        "reason": deployment.reason or None,
        "seconds": deployment.seconds,
    }
    events.publish(project_id=deployment.project_id, type="deployment.stage", data=data)


# what nodes say


def enrol(name: str) -> ServingNode:
    """Make a node known by its name, or return the known one."""
    node, _ = ServingNode.objects.update_or_create(name=name[:200], defaults={"seen_at": timezone.now()})
    return node


def observe(report: Observed) -> None:
    """Take a node's report: stages reached, generation applied."""
    node = ServingNode.objects.filter(pk=report.node_id).first()
    if node is None:
        raise Conflict("This node is not enrolled. Enrol it again.", code="node_unknown")
    ServingNode.objects.filter(pk=node.pk).update(seen_at=timezone.now(), generation=report.generation)
    for observed in report.deployments:
        observe_one(node, observed)


@transaction.atomic
def observe_one(node: ServingNode, observed: ObservedDeployment) -> None:
    """Move a deployment forward by one node's observation; an older or repeated one changes nothing."""
    deployment = Deployment.objects.select_for_update().filter(pk=observed.deployment_id).first()
    if deployment is None:
        return
    mine, _ = NodeStage.objects.get_or_create(
        node=node, deployment=deployment, defaults={"stage": Stage.REQUESTED.value}
    )
    if not states.may_follow(Stage(mine.stage), observed.stage):
        return
    mine.stage = observed.stage.value
    mine.save()
    if observed.stage is Stage.FAILED:
        fail(deployment, observed.code or "node_failed", observed.reason or "A serving node refused it.")
    else:
        advance(deployment)
    fault_point("after_stage_before_commit")


def advance(deployment: Deployment) -> None:
    """Move a deployment to where all live nodes are; the last stage makes it the endpoint's active one."""
    alive = deployment.node_stages.filter(node__seen_at__gte=timezone.now() - NODE_ALIVE)
    reached = states.slowest([Stage(row.stage) for row in alive] or [Stage.REQUESTED])
    if not states.may_follow(Stage(deployment.stage), reached):
        return
    _enter(deployment, reached)
    if reached is Stage.ACTIVE:
        endpoint = Endpoint.objects.select_for_update().get(pk=deployment.endpoint_id)
        if endpoint.target_id == deployment.id:
            endpoint.active = deployment
            endpoint.save()
    announce(deployment)


def fail(deployment: Deployment, code: str, reason: str) -> None:
    """End a deployment; its endpoint goes on with what was active before."""
    if not states.may_follow(Stage(deployment.stage), Stage.FAILED):
        return
    deployment.code, deployment.reason = code, reason
    _enter(deployment, Stage.FAILED)
    endpoint = Endpoint.objects.select_for_update().get(pk=deployment.endpoint_id)
    if endpoint.target_id == deployment.id:
        endpoint.target = endpoint.active
        endpoint.save()
    announce(deployment)


def _enter(deployment: Deployment, stage: Stage) -> None:
    now = timezone.now()
    since = round((now - deployment.created_at).total_seconds(), 3)
    deployment.stage = stage.value
    deployment.events = [*deployment.events, {"stage": stage.value, "at": now.isoformat(), "seconds": since}]
    deployment.finished_at = now if stage in states.FINAL else None
    deployment.save()


def reconcile() -> int:
    """End deployments that are past their deadline; return how many. The scheduler calls this."""
    late = Deployment.objects.filter(deadline__lt=timezone.now(), finished_at=None).values_list("pk", flat=True)
    return sum(_expire(pk) for pk in late)


@transaction.atomic
def _expire(pk: str) -> bool:
    deployment = Deployment.objects.select_for_update().get(pk=pk)
    if deployment.finished_at is not None:
        return False
    minutes = int(DEADLINE.total_seconds() // 60)
    fail(deployment, "deadline", f"No serving node had it active within {minutes} minutes. Is a node running?")
    return True
