"""From a desired state to what is served: fetch, probe, prepare everywhere, keep on disk, flip.

Each route is brought up by itself: one that fails keeps what it had, and its deployment is reported failed.
"""

import logging
import time
from collections.abc import Callable

import msgspec

from bottega.faults import fault_point
from bottega.serving_contract import DesiredRoute, DesiredState, ObservedDeployment, Stage
from bottega_serving import state as states
from bottega_serving.agent.bundles import BundleStore
from bottega_serving.agent.client import ControlError
from bottega_serving.agent.workers import Workers
from bottega_serving.models import BundleError
from bottega_serving.probe import probe
from bottega_serving.settings import Settings

log = logging.getLogger("bottega.serving")
Report = Callable[[ObservedDeployment], None]


class Applier:
    """Applies desired states; ``report`` hears of every stage that a deployment reaches."""

    def __init__(self, settings: Settings, store: BundleStore, workers: Workers, report: Report) -> None:
        self._path = settings.state / "desired.json"
        self._secret = settings.secret()
        self._store = store
        self._workers = workers
        self._report = report
        self._probed: set[str] = set()
        self.served = states.load(self._path, self._secret)
        self._probed.update(route.bundle for route in self.served.routes)
        self._unsaid = {route.deployment_id for route in self.served.routes}

    def apply(self, desired: DesiredState) -> None:
        """Make the node serve ``desired``; what cannot be served stays as it was."""
        before = {route.endpoint_id: route for route in self.served.routes}
        routes, shifting = [], []
        for route in desired.routes:
            old = before.get(route.endpoint_id)
            changed = old is None or old.deployment_id != route.deployment_id or route.deployment_id in self._unsaid
            if self._bring_up(route, changed=changed):
                routes.append(route)
                shifting += [route] if changed else []
            elif old is not None:
                kept = msgspec.structs.replace(old, auth=route.auth, key_hashes=route.key_hashes)
                routes.append(msgspec.structs.replace(kept, endpoint=route.endpoint))
        self._flip(DesiredState(desired.generation, routes), shifting)

    def resume(self) -> None:
        """After a start: have the workers serve what the disk says (a worker may have missed a flip)."""
        if self.served.routes:
            self._flip(self.served, [])

    def _bring_up(self, route: DesiredRoute, *, changed: bool) -> bool:
        clock, seconds = time.perf_counter(), {}

        def reached(stage: Stage) -> None:
            seconds[stage.value] = round(time.perf_counter() - clock, 4)
            if changed:
                self._report(ObservedDeployment(route.deployment_id, stage, seconds=dict(seconds)))

        try:
            folder = self._store.ensure(route.bundle)
            reached(Stage.FETCHED)
            fault_point("after_fetch_before_load")
            if route.bundle not in self._probed:
                probe(folder, route.bundle)
                self._probed.add(route.bundle)
            reached(Stage.LOADED)
            fault_point("after_check_before_prepare")
            reached(Stage.VERIFIED)
            self._workers.prepare(route)
            reached(Stage.WARM)
            reached(Stage.READY)
            fault_point("after_ready_before_shift")
        except BundleError as error:
            self._fail(route, error.code, str(error), seconds)
            return False
        except (ControlError, OSError) as error:
            self._fail(route, "fetch_failed", str(error), seconds)
            return False
        return True

    def _fail(self, route: DesiredRoute, code: str, reason: str, seconds: dict[str, float]) -> None:
        log.error("deployment %s of %s failed: %s: %s", route.deployment_id, route.endpoint, code, reason)
        self._report(ObservedDeployment(route.deployment_id, Stage.FAILED, code, reason, dict(seconds)))

    def _flip(self, state: DesiredState, shifting: list[DesiredRoute]) -> None:
        """Keep the state on disk, then have all workers flip to it."""
        clock = time.perf_counter()
        for route in shifting:
            self._report(ObservedDeployment(route.deployment_id, Stage.SHIFTING))
        states.save(self._path, state, self._secret)
        fault_point("after_save_before_shift")
        self.served = state
        fresh = {route.deployment_id for route in shifting}
        for route in state.routes:
            if route.deployment_id not in fresh:
                self._prepare_quietly(route)
        self._workers.commit(state)
        fault_point("after_shift_before_report")
        self._unsaid -= fresh
        seconds = {Stage.ACTIVE.value: round(time.perf_counter() - clock, 4)}
        for route in shifting:
            self._report(ObservedDeployment(route.deployment_id, Stage.ACTIVE, seconds=seconds))
        fault_point("after_shift_before_drain")
        used = {route.bundle for route in state.routes} | {route.previous_bundle or "" for route in state.routes}
        self._store.sweep(used)

    def _prepare_quietly(self, route: DesiredRoute) -> None:
        try:
            self._workers.prepare(route)
        except BundleError as error:
            log.error("endpoint %s cannot be served any more: %s", route.endpoint, error)  # noqa: TRY400
