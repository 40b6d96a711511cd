"""Progress of a start, one line per event, from the first second."""

import time

import typer

from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.state import SupervisorState

QUIET_SECONDS = 5.0
_WORDS = {states.READY: "ready", states.DONE: "done", states.RESTARTING: "ended"}


class Progress:
    """Prints what changed since the last picture, and what is being waited for when nothing does."""

    def __init__(self) -> None:
        self._began = self._spoke = time.monotonic()
        self._shown: dict[str, str] = {}
        self._said: set[str] = set()

    def say(self, text: str) -> None:
        """Print one line with the time since the start."""
        self._spoke = time.monotonic()
        typer.echo(f"{self._spoke - self._began:6.1f} s  {text}")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def show(self, state: SupervisorState) -> None:
        """Print every process that changed."""
        if state.phase == states.STOPPING:
            self._say_once("ending everything")
            return
        for process in state.processes:
            if self._shown.get(process.name) != process.state:
                self._shown[process.name] = process.state
                if word := _WORDS.get(process.state):
                    took = f" after {process.seconds:.1f} s" if process.seconds else ""
                    self.say(f"{process.name:<14} {word}{took} {process.detail}".rstrip())
        waiting = [each.name for each in state.processes if each.state == states.STARTING]
        if waiting and time.monotonic() - self._spoke > QUIET_SECONDS:
            self.say("waiting for " + ", ".join(waiting))
