"""The pointer in the online store: it follows our rows, however often and in whatever order it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from bottega_feature_store.online import writer
from bottega_platform.config import env
from bottega_platform.features.models import LoadState, OnlineLoad
from bottega_platform.jobs import outbox

TOPIC = "online.pointer"


def register() -> None:
    """Make the delivery known to the relay."""
    outbox.handler(TOPIC)(deliver)


@contextmanager
def store() -> Iterator[Any]:
    """Yield a connection to the online store."""
    client = redis.Redis.from_url(env.current().online_store_url)
    try:
        yield client
    finally:
        client.close()


def deliver(payload: dict[str, Any]) -> None:
    """Point the load's view version at whichever load is live now."""
    row = OnlineLoad.objects.select_related("view").get(pk=payload["load"])
    live = OnlineLoad.objects.filter(view=row.view, view_version=row.view_version, state=LoadState.LIVE).first()
    with store() as client:
        view_id = row.view.online_id(row.view_version)
        writer.flip(client, row.project_id, view_id, live.tag if live else None)
