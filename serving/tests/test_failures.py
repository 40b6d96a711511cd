"""What fails inside a request after waiting is answered, and stays that request's own."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bottega.serving_contract import DesiredRoute, DesiredState
from bottega_serving import metrics
from bottega_serving.edge.app import App
from bottega_serving.edge.control import Models
from bottega_serving.edge.endpoint import THREAD_ROWS, Tools
from bottega_serving.edge.http import HttpConnection
from bottega_serving.edge.ring import Ring
from bottega_serving.edge.store import OnlineStore
from bottega_serving.settings import from_environment
from bottega_serving.testing import full_record, key_record


class Edge:
    """The parts of an edge worker in a thread of this process, so that a test can break one of them."""

    def __init__(self, folder, origin, bundle, url):
        self.settings = from_environment({"BOTTEGA_HOME": str(folder), "BOTTEGA_SERVING_RUN": str(folder)})
        metrics.create(self.settings.metrics_file, workers=1)
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self._start = self._serving(origin, bundle, url, ready)
        threading.Thread(target=self._run, daemon=True).start()
        assert ready.wait(30)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start)

    async def _serving(self, origin, bundle, url, ready):
        self.app = App(self.settings, metrics.Board(self.settings.metrics_file, slot=0))
        store, executor = OnlineStore(url, budget=1.0), ThreadPoolExecutor(1)
        tools = Tools(ring=Ring("nowhere"), store=store, executor=executor, max_rows=10 * THREAD_ROWS)
        models = Models(self.app, tools, executor, origin)
        route = DesiredRoute("demo.risk", "ep_1", "prj_1", "dep_1", "risk", 1, bundle.digest)
        await models.prepare(route)
        models.commit(DesiredState(1, [route]))
        assert await store.wait_connected(10)
        tools.tags = {view.pointer: b"v1" for view in self.endpoint.plan.views}
        server = await self.loop.create_server(lambda: HttpConnection(self.app, self.loop), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.stopped = asyncio.Event()
        ready.set()
        await self.stopped.wait()
        server.close()
        store.close()

    @property
    def endpoint(self):
        return next(iter(self.app.endpoints().values()))

    def predict(self, *records):
        address = f"http://127.0.0.1:{self.port}/v1/endpoints/demo.risk/predict"
        return httpx.post(address, json={"records": records}, timeout=5, trust_env=False)


@pytest.fixture
def edge(tmp_path, origin, bundles, online_store_url):
    made = Edge(tmp_path, origin, bundles[0], online_store_url)
    yield made
    made.loop.call_soon_threadsafe(made.stopped.set)


def check_alone(edge, failed, good):
    assert failed.status_code == 500
    assert (failed.json()["code"], bool(failed.json()["request_id"])) == ("internal", True)
    answer = edge.predict(good)
    assert answer.status_code == 200
    assert "features" not in answer.json()["degraded"], "the online store's connection went with it"


def test_a_failure_after_the_features_came_is_answered(edge, monkeypatch):
    def broken(_):
        raise OverflowError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(edge.endpoint, "_predict_row", broken)
        failed = edge.predict(key_record(1))
    check_alone(edge, failed, key_record(1))


def test_a_failure_in_the_thread_of_many_rows_is_answered(edge, monkeypatch):
    def broken(_):
        raise ValueError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(edge.endpoint.model.runtime, "predict_rows", broken)
        failed = edge.predict(*(full_record(seed) for seed in range(THREAD_ROWS + 1)))
    check_alone(edge, failed, full_record(1))
