"""The agent process: ``python -m bottega_serving.agent.main``."""

import datetime as dt
import logging
import socket
import threading
import time

from bottega.serving_contract import Observed, ObservedDeployment, Stage
from bottega_serving import process, state
from bottega_serving.agent.apply import Applier
from bottega_serving.agent.bundles import BundleStore
from bottega_serving.agent.client import ControlClient, ControlError
from bottega_serving.agent.traffic import Traffic
from bottega_serving.agent.workers import Workers
from bottega_serving.metrics import Board
from bottega_serving.models import BundleError
from bottega_serving.settings import Settings, from_environment

log = logging.getLogger("bottega.serving")
WAIT_SECONDS = 20.0
SHORTEST_POLL = 0.5
REPORT_SECONDS = 5.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Reporter(threading.Thread):
    """Reports stages at once and traffic every few seconds; keeps both until they were taken."""

    def __init__(self, settings: Settings, client: ControlClient) -> None:
        super().__init__(daemon=True, name="reporter")
        self._client = client
        self._traffic = Traffic(Board(settings.metrics_file), settings.run / "reported.json")
        self._boot = (settings.run / "boot").read_text()
        self._lock = threading.Lock()
        self._stages: dict[tuple[str, Stage], ObservedDeployment] = {}
        self._news = threading.Event()
        self.generation = 0

    def stage(self, observed: ObservedDeployment) -> None:
        """Remember a stage that was reached, and report soon."""
        with self._lock:
            self._stages[observed.deployment_id, observed.stage] = observed
        self._news.set()

    def run(self) -> None:
        """Report for ever."""
        attempt = 0
        while True:
            self._news.wait(REPORT_SECONDS)
            self._news.clear()
            try:
                self._report()
                attempt = 0
            except ControlError as error:
                attempt = min(attempt + 1, len(RETRY_SECONDS) - 1)
                log.debug("report kept for later: %s", error)
                time.sleep(RETRY_SECONDS[attempt])

    def _report(self) -> None:
        if not self._client.node_id:
            return
        moment = dt.datetime.now(dt.UTC)
        with self._lock:
            stages = dict(self._stages)
        cells = self._traffic.collect(moment)
        report = Observed(self._client.node_id, self.generation, list(stages.values()), cells, self._boot)
        self._client.observe(report)
        self._traffic.settled(cells, moment)
        with self._lock:
            for key, observed in stages.items():
                if self._stages.get(key) is observed:
                    del self._stages[key]


class Agent:
    """Follows the control plane; without it, leaves everything as it is."""

    def __init__(self, settings: Settings) -> None:
        if settings.control_url is None:
            raise SystemExit("the agent needs BOTTEGA_CONTROL_URL")
        self._secret = settings.secret()
        self._client = ControlClient(settings.control_url, self._secret)
        self._reporter = Reporter(settings, self._client)
        store = BundleStore(settings.bundles, self._client.download)
        self._applier = Applier(settings, store, Workers(settings), self._reporter.stage)
        self._name = f"{socket.gethostname()}:{settings.port}"
        self._after = 0

    def run(self) -> None:
        """Follow the desired state for ever."""
        self._reporter.generation = self._applier.served.generation
        self._reporter.start()
        attempt = 0
        while True:
            try:
                self._step()
                attempt = 0
            except (ControlError, state.StateError, BundleError) as error:
                log.log(logging.INFO if attempt else logging.WARNING, "desired state not followed: %s", error)
                time.sleep(RETRY_SECONDS[attempt])
                attempt = min(attempt + 1, len(RETRY_SECONDS) - 1)

    def _step(self) -> None:
        if not self._client.node_id:
            self._client.enrol(self._name)
        asked = time.monotonic()
        answer = self._client.desired(self._after, wait=WAIT_SECONDS)
        if answer is None:
            time.sleep(max(0.0, asked + SHORTEST_POLL - time.monotonic()))
            return
        desired = state.verify(self._secret, *answer)
        if desired.generation < self._applier.served.generation:
            raise state.StateError(
                f"generation {desired.generation} is older than {self._applier.served.generation} and refused"
            )
        self._applier.apply(desired)
        self._after = self._reporter.generation = desired.generation


def main() -> None:
    """Run the agent as the environment says."""
    process.start("agent")
    Agent(from_environment()).run()


if __name__ == "__main__":
    main()
