"""The claim loop of a worker, and the threads that keep its jobs alive.

The main thread claims, because the zygote must be started by a thread that lives as long as the process; one
thread per running job serves its child; one renews leases; one ends what could not be renewed; one hears
notifications and one the Celery doorbell.
"""

import logging
import os
import random
import signal
import socket
import threading
import time
from typing import Any

from celery.worker import WorkController
from django.db import InterfaceError, OperationalError, connection

from bottega_platform.config import env
from bottega_platform.jobs import devices, gpus, leases
from bottega_platform.jobs.attempt import Attempt, Stop
from bottega_platform.jobs.celery import DOORBELL_TASK, make_app
from bottega_platform.jobs.listen import Listener
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.services import WAKE_CHANNEL
from bottega_platform.jobs.zygote import Zygote, ZygoteGoneError
from bottega_platform.supervisor import ready

LEASE_MARGIN_SECONDS = 5.0
TICK_SECONDS = 1.0
CANCEL_POLL_SECONDS = 2.0
POLL_SECONDS = (1.0, 2.0)
STOP_SECONDS = 8.0
_log = logging.getLogger("bottega.worker")


class Worker:
    """One process's claim loop and the attempts it runs."""

    def __init__(self, queue: str, slots: int) -> None:
        self.queue = queue
        self.slots = slots
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{queue}"
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._held: dict[str, Attempt] = {}
        self._leased_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._zygote: Zygote | None = None
        self._inventory = devices.Inventory(env.current()) if queue == gpus.QUEUE else None

    def run(self) -> None:
        """Work until told to stop; then give back what is not finished."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        self._zygote = Zygote(self.queue, slots=self.slots)
        listener = Listener([WAKE_CHANNEL], self._hear, self._wake.set)
        listener.start()
        for target in (self._keep_renewing, self._guard_leases, self._hear_doorbell):
            threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True).start()
        self._announce()
        ready.announce()
        _log.info("worker %s is ready with %s slots", self.owner, self.slots)
        while not self._stopping.is_set():
            self._wake.wait(random.uniform(*POLL_SECONDS))  # noqa: S311 - jitter, no secret
            self._wake.clear()
            self._claim_all()
        listener.stop()
        self._give_back()

    def stop(self) -> None:
        """Ask the worker to stop."""
        self._stopping.set()
        self._wake.set()

    def _claim_all(self) -> None:
        """Fill the free slots; a database that is away only means waiting for the next turn."""
        try:
            while not self._stopping.is_set() and self._free() and self._claim():
                pass
        except (OperationalError, InterfaceError) as error:
            _log.warning("cannot claim: %s", error)
            connection.close()
        except ZygoteGoneError:
            _log.exception("the zygote cannot be started; trying again")
            time.sleep(1)

    def _free(self) -> bool:
        with self._lock:
            return len(self._threads) < self.slots

    def _claim(self) -> bool:
        zygote = self._living_zygote()
        asked_at = time.monotonic()
        job = self._take()
        if job is None:
            return False
        attempt = Attempt(job, zygote, slots=self.slots)
        thread = threading.Thread(target=self._attempt, args=(attempt,), name=job.pk, daemon=True)
        with self._lock:
            self._held[job.pk] = attempt
            self._leased_at[job.pk] = asked_at
            self._threads.add(thread)
        thread.start()
        return True

    def _take(self) -> Job | None:
        if self._inventory is not None:
            return self._inventory.claim(owner=self.owner)
        return leases.claim(queue=self.queue, owner=self.owner)

    def _living_zygote(self) -> "Zygote":
        if self._zygote is None or not self._zygote.alive:
            _log.error("the zygote of queue %s is gone; starting another", self.queue)
            self._zygote = Zygote(self.queue, slots=self.slots)
        return self._zygote

    def _attempt(self, attempt: "Attempt") -> None:
        try:
            attempt.run()
        except Exception:  # noqa: BLE001 - told in the log; the process goes on
            _log.exception("attempt %s of %s broke; its lease will run out", attempt.job.attempt, attempt.job.pk)
        finally:
            connection.close()
            with self._lock:
                self._held.pop(attempt.job.pk, None)
                self._leased_at.pop(attempt.job.pk, None)
                self._threads.discard(threading.current_thread())
            self._wake.set()

    def _hear(self, channel: str, payload: str) -> None:  # noqa: ARG002
        what, _, name = payload.partition(":")
        if what == "queue" and name == self.queue:
            self._wake.set()
        elif what == "cancel":
            self._stop_attempt(name, Stop.CANCELLED)

    def _stop_attempt(self, job_id: str, why: "Stop") -> None:
        with self._lock:
            attempt = self._held.get(job_id)
        if attempt is not None:
            attempt.stop(why)

    def _snapshot(self) -> dict[str, int]:
        with self._lock:
            return {job_id: attempt.fence for job_id, attempt in self._held.items()}

    def _keep_renewing(self) -> None:
        """Renew leases, announce devices and look for cancels; a failure is tried again at the next tick."""
        renewed_at = 0.0
        while not self._stopping.wait(CANCEL_POLL_SECONDS):
            held = self._snapshot()
            due = time.monotonic() - renewed_at >= leases.RENEW_SECONDS
            try:
                if due:
                    self._announce()
                    self._renew(held)
                    renewed_at = time.monotonic()
                elif held:
                    for job_id in leases.cancel_requests(held):
                        self._stop_attempt(job_id, Stop.CANCELLED)
            except (OperationalError, InterfaceError) as error:
                _log.warning("cannot renew leases: %s", error)
                connection.close()

    def _announce(self) -> None:
        if self._inventory is not None:
            self._inventory.announce()

    def _renew(self, held: dict[str, int]) -> None:
        if not held:
            return
        asked_at = time.monotonic()
        ours = leases.renew(held)
        for job_id in held:
            if job_id not in ours:
                self._stop_attempt(job_id, Stop.LOST)
            elif ours[job_id]:
                self._stop_attempt(job_id, Stop.CANCELLED)
        with self._lock:
            for job_id in ours:
                if job_id in self._leased_at:
                    self._leased_at[job_id] = asked_at

    def _guard_leases(self) -> None:
        """End attempts whose lease was not renewed in time; never waits for the database."""
        while not self._stopping.wait(TICK_SECONDS):
            oldest = time.monotonic() - leases.LEASE_SECONDS + LEASE_MARGIN_SECONDS
            with self._lock:
                late = [job_id for job_id, at in self._leased_at.items() if at < oldest]
            for job_id in late:
                _log.error("the lease of %s could not be renewed in time: ending its child", job_id)
                self._stop_attempt(job_id, Stop.LOST)

    def _hear_doorbell(self) -> None:
        """Consume the queue's Celery messages, for ever: each one only wakes the claim loop."""
        app = make_app(env.current().broker_url)
        app.task(name=DOORBELL_TASK)(self._ring)
        while not self._stopping.is_set():
            try:
                consumer: Any = WorkController(
                    app=app,
                    pool="solo",
                    concurrency=1,
                    queues=[self.queue],
                    hostname=f"{self.queue}-{os.getpid()}@{socket.gethostname()}",
                    without_heartbeat=True,
                    without_mingle=True,
                    without_gossip=True,
                )
                consumer.start()
            except (Exception, SystemExit):  # noqa: BLE001 - the doorbell may break, the worker polls
                _log.exception("the doorbell broke; the worker polls meanwhile")
            self._stopping.wait(5)

    def _ring(self, job_id: str) -> None:  # noqa: ARG002 - the row is the truth
        self._wake.set()

    def _give_back(self) -> None:
        for job_id in self._snapshot():
            self._stop_attempt(job_id, Stop.RELEASED)
        deadline = time.monotonic() + STOP_SECONDS
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._zygote is not None:
            self._zygote.close()
