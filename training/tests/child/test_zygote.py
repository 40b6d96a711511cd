"""The zygote by itself: it forks clean children, reports how they end, and takes them along."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bottega.protocol import Call, Channel, ChannelClosed, Done, Failed, Progress, Reply, Start

PLUGIN = """
import os, sys, time
from bottega_training.kinds import KINDS

def run(context):
    sys.stdout.write("printed by the child\\n")
    what = context.spec.get("do")
    if what == "number":
        import numpy
        return {"drawn": float(numpy.random.random()), "pid": os.getpid(), "group": os.getpgrp()}
    if what == "train":
        import lightgbm, numpy
        data = lightgbm.Dataset(numpy.random.random((200, 3)), numpy.random.random(200))
        return {"trees": lightgbm.train({"verbose": -1, "num_threads": 2}, data, 5).num_trees()}
    if what == "call":
        return {"answer": context.call("ask", question=6)}
    if what == "progress":
        context.progress(1, 2, "half", "rows")
        return {}
    if what == "strange":
        return {"result": object()}
    if what == "secrets":
        return {"environment": sorted(os.environ), "url": context.connection("iceberg"), "folder": os.getcwd()}
    if what == "exit":
        sys.exit(3)
    time.sleep(600)

KINDS["plain"] = "zygote_probe:run"
"""


class Worker:
    """The other end of a zygote, as a worker would be it."""

    def __init__(self, folder: Path) -> None:
        (folder / "zygote_probe.py").write_text(PLUGIN)
        self.log = folder / "child.log"
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(60)
        environment = {**os.environ, "PYTHONPATH": str(folder), "BOTTEGA_CHILD_PLUGINS": "zygote_probe"}
        arguments = ["--queue", "cpu", "--kinds", "plain,trial", "--control-fd", str(theirs.fileno())]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bottega_training.zygote", *arguments],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        self.ready = self.hear()

    def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.control.recv(65536))
        return message

    def spawn(self, do: str | None, **start: Any) -> tuple[int, Channel]:
        ours, theirs = socket.socketpair()
        with theirs, self.log.open("ab") as log:
            socket.send_fds(self.control, [b'{"spawn": 1}'], [theirs.fileno(), log.fileno()])
        pid = self.hear()["pid"]
        channel = Channel(ours)
        fields = {"connections": {}, "scratch": "", "inputs": {}, "kind": "plain", **start}
        channel.send(Start("job_1", project_id="prj_1", fence=1, attempt=1, spec={"do": do}, **fields))
        return pid, channel


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.control.close()
    worker.process.wait(10)


def last(channel: Channel) -> Any:
    while True:
        frame = channel.receive()
        if isinstance(frame, Done | Failed):
            return frame


def gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_child_is_forked_in_a_group_of_its_own(worker: Worker) -> None:
    worker.spawn("number")
    worker.hear()
    pid, channel = worker.spawn("number")
    frame = last(channel)
    assert frame.result["pid"] == frame.result["group"] == pid
    assert worker.hear() | {"peak_kib": 0} == {"exited": pid, "status": 0, "peak_kib": 0}
    assert "printed by the child" in worker.log.read_text()


def test_two_children_draw_different_random_numbers(worker: Worker) -> None:
    drawn = []
    for _ in range(2):
        _, channel = worker.spawn("number")
        drawn.append(last(channel).result["drawn"])
        worker.hear()
    assert drawn[0] != drawn[1]


def test_children_of_one_zygote_can_all_train(worker: Worker) -> None:
    for _ in range(2):
        _, channel = worker.spawn("train")
        assert last(channel).result == {"trees": 5}
        worker.hear()


def test_a_call_waits_for_its_reply_and_a_refusal_becomes_the_jobs_problem(worker: Worker) -> None:
    _, channel = worker.spawn("call")
    call = channel.receive()
    assert isinstance(call, Call)
    channel.send(Reply(call.number, 42))
    assert last(channel).result == {"answer": 42}
    worker.hear()
    _, channel = worker.spawn("call")
    call = channel.receive()
    channel.send(Reply(call.number, problem={"detail": "Not now.", "code": "busy", "status": 409}))
    frame = last(channel)
    assert (frame.failure_class, frame.problem["code"]) == ("data", "busy")


def test_progress_comes_before_the_result(worker: Worker) -> None:
    _, channel = worker.spawn("progress")
    assert channel.receive() == Progress(1, 2, "half", "rows")
    assert channel.receive() == Done({})


@pytest.mark.parametrize("do", ["strange", "exit"])
def test_a_strange_end_is_a_failure_with_a_problem(worker: Worker, do: str) -> None:
    _, channel = worker.spawn(do)
    frame = last(channel)
    assert (frame.failure_class, frame.problem["code"]) == ("platform", "job_crashed")


def test_an_unknown_kind_and_an_unknown_format_are_failures(worker: Worker) -> None:
    _, channel = worker.spawn(None, kind="nothing")
    assert last(channel).failure_class == "platform"
    worker.hear()
    _, channel = worker.spawn(None, payload_format=99)
    assert last(channel).failure_class == "platform"
    assert "update the workers" in worker.log.read_text()


def test_secrets_come_over_the_channel_and_work_is_done_in_the_scratch_folder(worker: Worker, tmp_path: Path) -> None:
    connections = {"iceberg": "postgresql://secret"}
    _, channel = worker.spawn("secrets", connections=connections, scratch=str(tmp_path))
    result = last(channel).result
    assert result["url"] == "postgresql://secret"
    assert result["folder"] == str(tmp_path)


def test_children_end_when_the_zygote_is_killed(worker: Worker) -> None:
    pid, channel = worker.spawn(None)
    worker.process.kill()
    assert gone(pid)
    with pytest.raises(ChannelClosed):
        channel.receive()


def test_zygote_and_children_end_when_the_worker_goes(worker: Worker) -> None:
    pid, _ = worker.spawn(None)
    worker.control.close()
    assert gone(pid)
    assert worker.process.wait(10) == 0


def test_a_killed_child_is_reported_with_its_signal(worker: Worker) -> None:
    pid, _ = worker.spawn(None)
    os.killpg(pid, signal.SIGKILL)
    message = worker.hear()
    assert (message["exited"], message["status"]) == (pid, -9)
