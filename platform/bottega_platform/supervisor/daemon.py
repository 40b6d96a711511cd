"""The supervisor process: runs the plan of one home until told to stop."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bottega.ids import new_id
from bottega.problems import Problem, ProblemError
from bottega_platform.config.env import Env
from bottega_platform.embedded.ports import require_free
from bottega_platform.embedded.process import Identity
from bottega_platform.supervisor import plan as plans
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.keeper import Keeper, end_leftovers
from bottega_platform.supervisor.plan import Unit
from bottega_platform.supervisor.state import StateFile, SupervisorState, own_identity

Report = Callable[[SupervisorState], None]


class Supervisor:
    """All processes of one home, from the first start to the last stop."""

    def __init__(
        self, env: Env, file: StateFile, *, units: Sequence[Unit] | None = None, report: Report | None = None
    ) -> None:
        self._file = file
        self._report = report
        me = own_identity()
        self._state = SupervisorState(
            generation=new_id("request")[4:], pid=me.pid, started=me.started, phase=states.STARTING
        )
        self._home_marker = f"{env.home}:"
        self._keepers = [
            Keeper(
                unit,
                marker=self._home_marker + self._state.generation,
                generation=self._state.generation,
                changed=self._changed,
            )
            for unit in (plans.plan(env) if units is None else units)
        ]
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Start everything, keep it, end it in reverse order; return the exit status."""
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self._stop.set)
        try:
            await self._take_over(self._file.read())
            await self._keep_all()
        except ProblemError as error:
            self._state.problem = error.problem
        await self._end_all()
        return 1 if self._state.problem else 0

    async def _take_over(self, old: SupervisorState) -> None:
        """Adopt what may go on, end the rest, and see that our ports are free."""
        adopted = [keeper for keeper in self._keepers if (was := old.process(keeper.unit.name)) and keeper.adopt(was)]
        groups = {keeper.state.pid for keeper in adopted}
        recorded = [Identity(was.pid, was.started) for was in old.processes if was.alive()]
        await asyncio.to_thread(end_leftovers, self._home_marker, recorded, keep_groups=groups)
        self._changed()
        require_free(plans.ports([keeper.unit for keeper in self._keepers if keeper not in adopted]))

    async def _keep_all(self) -> None:
        """Keep every process until a stop is asked for or one cannot be started at all."""
        by_name = {keeper.unit.name: keeper for keeper in self._keepers}
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(keeper.keep([by_name[name] for name in keeper.unit.after])) for keeper in self._keepers
        ]
        tasks += [asyncio.create_task(self._note_healthy()), asyncio.create_task(self._stop.wait())]
        try:
            await self._until_stop(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_stop(self, tasks: list[asyncio.Task[Any]]) -> None:
        pending = set(tasks)
        while not self._stop.is_set():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _note_healthy(self) -> None:
        await asyncio.gather(*(keeper.ready.wait() for keeper in self._keepers))
        self._state.phase = states.RUNNING
        self._changed()

    async def _end_all(self) -> None:
        """End what nothing else needs first, then what that needed."""
        self._state.phase = states.STOPPING
        self._changed()
        left = list(self._keepers)
        while left:
            needed = {name for keeper in left for name in keeper.unit.after}
            leaves = [keeper for keeper in left if keeper.unit.name not in needed]
            await asyncio.gather(*(keeper.stop() for keeper in leaves))
            left = [keeper for keeper in left if keeper not in leaves]
        self._state.phase = states.FAILED if self._state.problem else states.STOPPED
        self._changed()

    def _changed(self) -> None:
        self._state.processes = [keeper.state for keeper in self._keepers]
        self._file.write(self._state)
        if self._report:
            self._report(self._state)


def serve(env: Env, *, units: Sequence[Unit] | None = None, report: Report | None = None) -> int:
    """Run the supervisor of this home, or of a part of it, in this process until it is told to stop.

    Returns the exit status: 0 after a stop, 1 when something could not be started.
    """
    file = StateFile(env.home)
    try:
        states.prepare_home(env.home)
        lock = file.lock()
        if lock is None:
            return 0  # another one runs, and `up` waits for that one's state
        with lock:
            return asyncio.run(Supervisor(env, file, units=units, report=report).run())
    except ProblemError as error:
        _write_failure(file, error.problem)
        return 1


def _write_failure(file: StateFile, problem: Problem) -> None:
    sys.stderr.write(f"{problem.title}: {problem.detail}\n")
    with contextlib.suppress(OSError):
        me = own_identity()
        file.write(SupervisorState(pid=me.pid, started=me.started, phase=states.FAILED, problem=problem))
