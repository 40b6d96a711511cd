"""What the agent asks of an edge worker: prepare a route, commit a state. One JSON object per line."""

import asyncio
import logging
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import msgspec

from bottega.faults import fault_point
from bottega.problems import ProblemError
from bottega.serving_contract import DesiredRoute, DesiredState
from bottega_serving.edge.app import App
from bottega_serving.edge.call import FAILURES, Tools
from bottega_serving.edge.endpoint import Endpoint
from bottega_serving.edge.plan import Plan
from bottega_serving.edge.store import mget
from bottega_serving.metrics import SeriesKey
from bottega_serving.models import BundleError, LoadedModel, load_bundle

log = logging.getLogger("bottega.serving")
MAX_LINE = 16 * 1024 * 1024
POINTER_SECONDS = 1.0


class Order(msgspec.Struct):
    """One request of the agent."""

    op: str
    route: DesiredRoute | None = None
    state: DesiredState | None = None


class Models:
    """The loaded models and plans of a worker: what is served, and what it served before."""

    def __init__(self, app: App, tools: Tools, executor: Executor, bundles: Path) -> None:
        self._app = app
        self._tools = tools
        self._executor = executor
        self._bundles = bundles
        self._models: dict[str, LoadedModel] = {}
        self._plans: dict[tuple[str, str], Plan] = {}

    async def prepare(self, route: DesiredRoute) -> None:
        """Load a route's bundle, check its golden rows, compile its plan, and warm both."""
        await self._load(route.bundle, route.project_id)
        if route.previous_bundle is not None and route.previous_bundle not in self._models:
            try:
                await self._load(route.previous_bundle, route.project_id)
            except BundleError as error:
                log.warning("the previous bundle is not kept warm: %s", error)

    async def _load(self, digest: str, project_id: str) -> None:
        if digest not in self._models:
            loop = asyncio.get_running_loop()
            self._models[digest] = await loop.run_in_executor(
                self._executor, load_bundle, self._bundles / digest, digest
            )
        if (digest, project_id) not in self._plans:
            try:
                plan = Plan(self._models[digest].manifest.signature, project_id)
            except (ProblemError, ValueError, KeyError) as error:
                raise BundleError("model_load_failed", f"the signature cannot be compiled: {error}") from error
            self._plans[digest, project_id] = plan
            await self.read_pointers([plan])

    def commit(self, state: DesiredState) -> None:
        """Serve the state from the next request on."""
        endpoints = {}
        for route in state.routes:
            model, plan = self._models.get(route.bundle), self._plans.get((route.bundle, route.project_id))
            if model is None or plan is None:
                log.error("endpoint %s is not served: its bundle is not loaded", route.endpoint)
                continue
            counter = self._app.board.counter(SeriesKey(route.endpoint_id, route.version, route.endpoint))
            endpoints[route.endpoint] = Endpoint(route, model, plan, counter, self._tools)
        self._app.swap(state, endpoints)
        self._forget(state)

    def _forget(self, state: DesiredState) -> None:
        kept = {route.bundle for route in state.routes} | {route.previous_bundle for route in state.routes}
        self._models = {digest: model for digest, model in self._models.items() if digest in kept}
        self._plans = {key: plan for key, plan in self._plans.items() if key[0] in kept}

    async def boot(self, state: DesiredState) -> None:
        """Serve the last known good state; an endpoint whose bundle is broken is left out, loudly."""
        for route in state.routes:
            try:
                await self.prepare(route)
            except BundleError as error:
                log.error("endpoint %s cannot be served: %s", route.endpoint, error)  # noqa: TRY400
        self.commit(state)

    async def read_pointers(self, plans: list[Plan]) -> None:
        """Read which version of each view is current."""
        store = self._tools.store
        pointers = sorted({view.pointer for plan in plans for view in plan.views})
        if store is None or not pointers or not await store.wait_connected(0.2):
            return
        reply = await store.ask(mget(pointers))
        if isinstance(reply, list):
            found = zip(pointers, reply, strict=True)
            self._tools.tags.update({pointer: tag for pointer, tag in found if tag is not None})
            for pointer, tag in zip(pointers, reply, strict=True):
                if tag is None:
                    self._tools.tags.pop(pointer, None)

    async def follow_pointers(self) -> None:
        """Read the pointers again each second, off the request path."""
        while True:
            await asyncio.sleep(POINTER_SECONDS)
            await self.read_pointers(list(self._plans.values()))


class ControlServer:
    """Takes the agent's orders on a unix socket."""

    def __init__(self, models: Models, app: App) -> None:
        self._models = models
        self._app = app
        self._decoder = msgspec.json.Decoder(Order)

    async def start(self, path: str) -> asyncio.Server:
        """Listen, in place of a worker that may have ended without cleaning up."""
        await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        return await asyncio.start_unix_server(self._serve, path, limit=MAX_LINE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._obey(line)
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        except OSError as error:
            log.info("the agent went away: %s", error)
        finally:
            writer.close()

    async def _obey(self, line: bytes) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            order = self._decoder.decode(line)
            await self._do(order)
        except BundleError as error:
            return {"ok": False, "code": error.code, "reason": str(error)}
        except (*FAILURES, msgspec.MsgspecError) as error:
            log.exception("an order failed")
            return {"ok": False, "code": "node_failed", "reason": f"{type(error).__name__}: {error}"}
        return {"ok": True, "seconds": time.perf_counter() - started, "generation": self._app.state.generation}

    async def _do(self, order: Order) -> None:
        if order.op == "prepare" and order.route is not None:
            await self._models.prepare(order.route)
            fault_point("after_load_before_ready")
        elif order.op == "commit" and order.state is not None:
            self._models.commit(order.state)
            fault_point("after_flip_before_ack")
        elif order.op != "ping":
            raise ValueError(f"unknown order {order.op!r}")
