"""One attempt at one job: fork a child, serve its frames, watch it, end the job under the fence.

All database work happens in the thread that calls :meth:`Attempt.run`.
"""

import contextlib
import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import msgspec
from django.db import transaction

from bottega.faults import fault_point
from bottega.problems import Problem, ProblemError
from bottega.protocol import Call, Channel, ChannelClosed, Done, Failed, FailureClass, Frame, Progress, Reply, Start
from bottega_platform.artifacts import services as artifacts
from bottega_platform.artifacts.logs import LogFile
from bottega_platform.config import env
from bottega_platform.jobs import connections, devices, gpus, kinds, leases
from bottega_platform.jobs.memory import MemoryWatch, default_limit
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.problems import StaleFence
from bottega_platform.jobs.retry import database_retry
from bottega_platform.jobs.zygote import Child, Zygote

TICK_SECONDS = 0.25
MEMORY_SECONDS = 0.5
PROGRESS_SECONDS = 0.5
LOG_SYNC_SECONDS = 5.0
GRACE_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Stop(StrEnum):
    """Why a worker ends an attempt from outside."""

    CANCELLED = "cancelled"
    LOST = "lost"
    RELEASED = "released"


@dataclass(frozen=True)
class Silent:
    """The child's channel closed without a last frame."""


Ending = Done | Failed | Stop


class Attempt:
    """A claimed job and everything this worker does for it."""

    def __init__(
        self, job: Job, zygote: Zygote, *, slots: int = 1, while_waiting: Callable[[], Any] | None = None
    ) -> None:
        self.job = job
        self._while_waiting = while_waiting
        self.fence = job.fence
        self._kind = kinds.get(job.kind)
        self._zygote = zygote
        self._slots = slots
        self._stop: Stop | None = None
        self._frames: Queue[Frame | Silent] = Queue(maxsize=256)
        self._progress: dict[str, Any] | None = None
        self._due: dict[str, float] = {}

    def stop(self, why: Stop) -> None:
        """End the attempt from another thread: the child gets SIGTERM, then SIGKILL."""
        if self._stop is None or why is Stop.LOST:
            self._stop = why
        with contextlib.suppress(Full):  # a full queue wakes the loop by itself
            self._frames.put_nowait(Silent())

    def run(self) -> None:
        """Run the attempt to its end; the job is then final, queued again, or somebody else's."""
        log = artifacts.logs().open(self.job.pk, self.job.attempt)
        try:
            with self._scratch() as scratch:
                ending = self._supervise(scratch, log)
            self._note(log, ending)
            self._settle(ending)
        except StaleFence:
            _log.warning("%s is not ours any more (fence %s): output discarded", self.job.pk, self.fence)
        finally:
            log.close()

    def _supervise(self, scratch: Path, log: LogFile) -> Ending:
        """Start the child and serve it until it ends or must end."""
        try:
            start = self._start_frame(scratch)
        except ProblemError as error:
            return Failed(getattr(error, "failure_class", FailureClass.DATA), error.problem.as_dict())
        except Exception as error:  # noqa: BLE001 - an app's inputs must not cost a whole lease
            return self._broken("inputs", error)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            child = self._zygote.spawn(theirs, log.fileno())
            theirs.close()
            try:
                return self._serve(Channel(ours), start, child, log)
            finally:
                child.end(GRACE_SECONDS)

    def _start_frame(self, scratch: Path) -> Start:
        job = self.job
        with transaction.atomic():  # an app may lock what it reads
            inputs = self._kind.inputs(job)
        return Start(
            job_id=job.pk,
            kind=job.kind,
            project_id=job.project_id,
            fence=job.fence,
            attempt=job.attempt,
            spec=job.spec,
            inputs=inputs,
            connections=connections.resolve(self._kind.connections),
            scratch=str(scratch),
            payload_format=job.payload_format,
            device=devices.held_by(job) if job.queue == gpus.QUEUE else "",
        )

    def _serve(self, channel: Channel, start: Start, child: Child, log: LogFile) -> Ending:
        limit = self._kind.memory_bytes or default_limit(self._slots)
        memory = MemoryWatch(child.pid, limit, name=self.job.staging_name)
        deadline = time.monotonic() + self._kind.timeout_seconds
        try:
            fault_point("after_child_started")
            with contextlib.suppress(ChannelClosed):
                channel.send(start)
            threading.Thread(target=self._read, args=(channel,), daemon=True).start()
            return self._loop(channel, child, memory, deadline, log)
        finally:
            memory.close()

    def _loop(self, channel: Channel, child: Child, memory: MemoryWatch, deadline: float, log: LogFile) -> Ending:
        while True:
            frame = self._next_frame()
            if self._stop is not None:
                return self._stop
            if isinstance(frame, Done | Failed):
                return self._last(frame, child)
            if isinstance(frame, Silent):
                return self._crashed(child, memory)
            if isinstance(frame, Call) and (failed := self._answer(channel, frame)):
                return failed
            if isinstance(frame, Progress):
                self._progress = msgspec.to_builtins(frame)
                self._progress.pop("type")
            if ending := self._watch(memory, deadline, log):
                return ending

    def _next_frame(self) -> Frame | Silent | None:
        try:
            return self._frames.get(timeout=TICK_SECONDS)
        except Empty:
            if self._while_waiting is not None:
                self._while_waiting()
            return None

    def _read(self, channel: Channel) -> None:
        """Move frames from the channel to the queue; a full queue makes the child wait."""
        try:
            while True:
                frame = channel.receive()
                self._frames.put(frame)
                if isinstance(frame, Done | Failed):
                    return
        except (ChannelClosed, ValueError, msgspec.MsgspecError) as error:
            if not isinstance(error, ChannelClosed):
                _log.warning("%s sent rubbish: %s", self.job.pk, error)
            self._frames.put(Silent())

    def _watch(self, memory: MemoryWatch, deadline: float, log: LogFile) -> Failed | None:
        """Write progress that is due, copy the log, and look at the clock and the memory."""
        if self._progress is not None and self._is_due("progress", PROGRESS_SECONDS):
            progress, self._progress = self._progress, None
            leases.progress(self.job, progress)
        if self._is_due("log", LOG_SYNC_SECONDS):
            log.sync()
        if time.monotonic() > deadline:
            return Failed(FailureClass.TIMEOUT, self._timeout_problem())
        if self._is_due("memory", MEMORY_SECONDS) and memory.exceeded():
            return Failed(FailureClass.OOM, _memory_problem(memory))
        return None

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True

    def _last(self, frame: Done | Failed, child: Child) -> Done | Failed:
        child.ended.wait(1.0)
        if self._progress is not None:
            leases.progress(self.job, self._progress)
        return frame

    def _answer(self, channel: Channel, call: Call) -> Failed | None:
        """Run a call under the fence and answer it; a broken handler fails the attempt, not the worker."""
        try:
            with leases.fenced(self.job) as current:
                reply = Reply(call.number, self._kind.calls[call.method](current, call.params))
            fault_point("after_call_before_reply")
        except ProblemError as error:
            reply = Reply(call.number, problem=error.problem.as_dict())
        except StaleFence:
            raise
        except Exception as error:  # noqa: BLE001 - an app's handler must not take the worker along
            return self._broken(f"call {call.method}", error)
        with contextlib.suppress(ChannelClosed):
            channel.send(reply)
        return None

    def _crashed(self, child: Child, memory: MemoryWatch) -> Failed:
        """Say why a child ended without a last word."""
        child.ended.wait(GRACE_SECONDS)
        if memory.killed() or (child.status == -9 and memory.peak_bytes > 0.9 * memory.limit_bytes):
            return Failed(FailureClass.OOM, _memory_problem(memory))
        status = child.status or 0
        how = f"signal {-status}" if status < 0 else f"status {child.status}"
        detail = f"The job's process ended with {how} and without a result. See the job's log."
        return Failed(FailureClass.PLATFORM, _problem("job_crashed", "The job crashed", 500, detail))

    def _settle(self, ending: Ending) -> None:
        """Write how the attempt ended, under its fence."""
        if ending is Stop.LOST:
            raise StaleFence(self.job.pk)
        if ending is Stop.RELEASED:
            database_retry(lambda: leases.release(self.job))
        elif ending is Stop.CANCELLED:
            database_retry(lambda: leases.cancel(self.job))
        elif isinstance(ending, Failed):
            self._fail(ending)
        elif isinstance(ending, Done):
            self._publish(ending)

    def _publish(self, done: Done) -> None:
        fault_point("after_done_before_publish")
        try:
            database_retry(lambda: leases.succeed(self.job, done.result))
        except ProblemError as error:
            self._fail(Failed(getattr(error, "failure_class", FailureClass.DATA), error.problem.as_dict()))
        except StaleFence:
            raise
        except Exception as error:  # noqa: BLE001 - an app's publish must not take the worker along
            self._fail(self._broken("publish", error))

    def _fail(self, failed: Failed) -> None:
        database_retry(lambda: leases.fail(self.job, failed.failure_class, failed.problem))

    def _broken(self, where: str, error: Exception) -> Failed:
        _log.exception("%s of %s %s broke", where, self.job.kind, self.job.pk)
        detail = f"The platform's own part ({where}) stopped with {type(error).__name__}; see the worker's log."
        return Failed(FailureClass.PLATFORM, _problem("platform_error", "The platform failed", 500, detail))

    def _timeout_problem(self) -> dict[str, Any]:
        detail = f"The attempt ran longer than the {self._kind.timeout_seconds:g} s that {self.job.kind} jobs may take."
        return _problem("timeout", "The job took too long", 504, detail)

    def _note(self, log: LogFile, ending: Ending) -> None:
        """Leave a last line in the log when the job did not end by itself."""
        if isinstance(ending, Stop):
            log.write(f"[worker] attempt {self.job.attempt} {ending}")
        elif isinstance(ending, Failed):
            log.write(f"[worker] failed ({ending.failure_class}): {ending.problem.get('detail', '')}")

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Give the attempt a folder of its own, named by job and fence, and remove it afterwards."""
        folder = env.current().home / "scratch" / self.job.staging_name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _memory_problem(memory: MemoryWatch) -> dict[str, Any]:
    detail = (
        f"The job used more memory than its limit of {memory.describe()} and was ended. "
        "Use fewer rows or a smaller model, or give this kind of job a higher limit."
    )
    return _problem("out_of_memory", "Out of memory", 507, detail)


def _problem(code: str, title: str, status: int, detail: str) -> dict[str, Any]:
    return Problem(code=code, title=title, status=status, detail=detail).as_dict()
