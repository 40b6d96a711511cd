"""Replays a week of October as live traffic, with the labels that arrive after landing.

Every morning at eight in New York the online store is loaded, the labels of the flights that have landed by then
are sent, and each flight of the next hours is asked about at its scheduled departure. The project's clock says how
far the replay has come: an interrupted one goes on there, and a finished one has nothing left to do.
"""

from datetime import datetime, timedelta
from itertools import groupby

from flights import Landing, Request, landings, requests
from loop import LOAD_AS_OF, PATH, Loop
from targets import TARGETS

FIRST = datetime.fromisoformat(LOAD_AS_OF)
DAYS = 7
HOURS = timedelta(hours=3)  # as long as the loaded weather counts as fresh
END = FIRST + timedelta(days=DAYS)


def mornings() -> list[datetime]:
    """Return the replayed mornings, without the one on which the replay ends."""
    return [FIRST + timedelta(days=day) for day in range(DAYS)]


def replay(loop: Loop) -> None:
    """Ask about the flights of every morning that the clock has not passed, and end on the next one."""
    at = loop.clock()
    if at >= END:
        return
    flights = requests(FIRST, END)
    known = [landing for landing in landings(loop.client, FIRST, END) if _asked_about(landing.scheduled)]
    for morning in mornings():
        if morning >= at:
            _begin(loop, morning, known)
            _ask(loop, [flight for flight in flights if morning <= flight.moment < morning + HOURS])
    _begin(loop, END, known)


def _asked_about(scheduled: datetime) -> bool:
    return any(morning <= scheduled < morning + HOURS for morning in mornings())


def _begin(loop: Loop, morning: datetime, known: list[Landing]) -> None:
    """Move the clock to a morning on which the online store is fresh and what has landed since the last is known."""
    loop.load_online(morning)
    landed = [landing for landing in known if morning - timedelta(days=1) < landing.landed <= morning]
    if landed:
        # The morning itself comes after its labels, so that a replay interrupted here comes here again.
        loop.set_clock(morning - timedelta(seconds=1))
        _tell(loop, landed)
        loop.reporter.say(f"{morning.day} October: {len(landed):,} flights that were asked about have landed")
    loop.set_clock(morning)


def _tell(loop: Loop, landed: list[Landing]) -> None:
    """Send every endpoint the labels of the flights that have landed."""
    for target in TARGETS:
        labels = [landing.label(target.label) for landing in landed]
        loop.client.post(f"{PATH}/endpoints/{target.name}/labels", {"labels": labels})


def _ask(loop: Loop, flights: list[Request]) -> None:
    """Ask every endpoint about the flights of each minute in one request."""
    for _, together in groupby(flights, key=lambda flight: flight.moment):
        records = [flight.record for flight in together]
        for target in TARGETS:
            loop.predict(target, records)
