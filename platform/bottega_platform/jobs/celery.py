"""The Celery app. A message is one job id in JSON and only wakes a claim loop.

It may be lost, doubled or late without harm.
"""

from celery import Celery

DOORBELL_TASK = "bottega.doorbell"


def make_app(broker_url: str) -> Celery:
    """Return a Celery app for this broker: JSON only, no results, nothing to acknowledge late."""
    app = Celery("bottega", broker=broker_url)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=2,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 1, "max_retries": 1},
        enable_utc=True,
    )
    return app
