"""The job child: receive :class:`~bottega.protocol.Start`, run the kind's function, say how it ended.

It runs in a fresh fork of the zygote. It never opens the platform's database: what it knows comes over the
channel, and so do its secrets. A traceback goes to the log (stderr) only, never into a problem.
"""

import os
import sys
import traceback
from typing import Any

from bottega.faults import fault_point
from bottega.problems import Problem, ProblemError
from bottega.protocol import PAYLOAD_FORMAT, Channel, ChannelClosed, Done, Failed, FailureClass, JobContext, Start
from bottega_feature_store.storage import use_connection
from bottega_training import kinds

OLDEST_PAYLOAD_FORMAT = max(1, PAYLOAD_FORMAT - 1)


def run(channel: Channel) -> int:
    """Serve one job over ``channel`` and return the process's exit status."""
    try:
        start = channel.receive()
        if not isinstance(start, Start):
            raise TypeError(f"a job child expects a start frame first, not {type(start).__name__}")
        _finish(channel, _outcome(JobContext(channel, start)))
    except ChannelClosed as error:
        print(f"The worker is gone ({error}): this attempt ends here.", file=sys.stderr, flush=True)  # noqa: T201
        return 1
    return 0


def _outcome(context: JobContext) -> Done | Failed:
    """Run the kind's function and turn whatever happens into the last frame."""
    try:
        _check_format(context.start.payload_format)
        use_connection(context.start.connections)
        _enter(context.start.scratch)
        os.environ["CUDA_VISIBLE_DEVICES"] = context.start.device  # a child sees the GPU it has leased, and no other
        return Done(kinds.load(context.start.kind)(context))
    except ChannelClosed:
        raise
    except ProblemError as error:
        return Failed(class_of(error), error.problem.as_dict())
    except MemoryError:
        traceback.print_exc()
        return Failed(FailureClass.OOM, _memory_problem())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the last line of defence of a whole process
        traceback.print_exc()
        return Failed(FailureClass.PLATFORM, _crash_problem(error))


def class_of(error: ProblemError) -> FailureClass:
    """Return who is at fault: the error's ``failure_class`` if it names one, else the data."""
    return FailureClass(getattr(error, "failure_class", FailureClass.DATA))


def _finish(channel: Channel, frame: Done | Failed) -> None:
    """Send the last frame after everything printed; a result that is no JSON is the kind's mistake."""
    sys.stdout.flush()
    sys.stderr.flush()
    fault_point("after_artifact_before_done")
    try:
        channel.send(frame)
    except (TypeError, NotImplementedError, ValueError) as error:
        traceback.print_exc()
        sys.stderr.flush()
        channel.send(Failed(FailureClass.PLATFORM, _crash_problem(error)))


def _check_format(payload_format: int) -> None:
    if not OLDEST_PAYLOAD_FORMAT <= payload_format <= PAYLOAD_FORMAT:
        raise ValueError(f"job payload format {payload_format} is not known here: update the workers")


def _enter(scratch: str) -> None:
    """Work in the attempt's own folder, so that relative paths and temporary files stay in it."""
    if scratch:
        os.chdir(scratch)
        os.environ["TMPDIR"] = scratch


def _memory_problem() -> dict[str, Any]:
    detail = "An allocation was refused: the job needs more memory than this worker can give. Use less data."
    return Problem(code="out_of_memory", title="Out of memory", status=507, detail=detail).as_dict()


def _crash_problem(error: BaseException) -> dict[str, Any]:
    detail = f"The job stopped with {type(error).__name__}. The traceback is in the job's log."
    return Problem(code="job_crashed", title="The job crashed", status=500, detail=detail).as_dict()
