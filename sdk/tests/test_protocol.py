import socket
import struct
import threading

import pytest

from bottega.problems import ProblemError
from bottega.protocol import (
    Call,
    Channel,
    ChannelClosed,
    Done,
    Failed,
    FailureClass,
    Frame,
    JobContext,
    Progress,
    Reply,
    Start,
)

START = Start(
    "job_1",
    "ingest",
    "prj_1",
    3,
    1,
    {"a": 1},
    {"b": [1, 2]},
    {"iceberg": "postgresql+psycopg2://x"},
    "/tmp/x",
)


@pytest.fixture
def channels() -> tuple[Channel, Channel]:
    left, right = socket.socketpair()
    return Channel(left), Channel(right)


@pytest.mark.parametrize(
    "frame",
    [
        START,
        Progress(1, 10, "reading", "rows"),
        Call(1, "trial.report", {"step": 3}),
        Reply(1, {"prune": True}),
        Done({"snapshot": 42}),
        Failed(FailureClass.DATA, {"code": "row_length"}),
    ],
)
def test_a_frame_arrives_as_it_was_sent(channels: tuple[Channel, Channel], frame: Frame) -> None:
    channels[0].send(frame)
    assert channels[1].receive() == frame


def test_a_closed_channel_says_so_on_both_sides(channels: tuple[Channel, Channel]) -> None:
    channels[0].close()
    with pytest.raises(ChannelClosed):
        channels[1].receive()
    with pytest.raises(ChannelClosed):
        for _ in range(1000):
            channels[1].send(Progress(1, message="x" * 10_000))


def test_a_length_over_the_limit_is_refused_before_memory_is_taken() -> None:
    left, right = socket.socketpair()
    left.sendall(struct.pack(">I", 2**31))
    with pytest.raises(ValueError, match="over the limit"):
        Channel(right).receive()


def test_a_frame_larger_than_a_socket_buffer_arrives_whole(channels: tuple[Channel, Channel]) -> None:
    sent = Done({"text": "x" * 3_000_000})
    thread = threading.Thread(target=channels[0].send, args=(sent,))
    thread.start()
    assert channels[1].receive() == sent
    thread.join()


def test_a_call_returns_the_workers_answer_or_raises_its_problem(channels: tuple[Channel, Channel]) -> None:
    worker, child = channels
    context = JobContext(child, START)

    def answer() -> None:
        first = worker.receive()
        assert isinstance(first, Call)
        worker.send(Reply(first.number, {"prune": False}))
        second = worker.receive()
        assert isinstance(second, Call)
        worker.send(Reply(second.number, problem={"code": "stale_fence", "status": 409, "detail": "Too late."}))

    thread = threading.Thread(target=answer)
    thread.start()
    assert context.call("trial.report", step=1, value=0.5) == {"prune": False}
    with pytest.raises(ProblemError, match="Too late") as caught:
        context.call("trial.report", step=2, value=0.5)
    assert caught.value.problem.code == "stale_fence"
    thread.join()


def test_effects_elsewhere_are_staged_under_job_id_and_fence(channels: tuple[Channel, Channel]) -> None:
    assert JobContext(channels[1], START).staging_name == "job_1-3"
