"""The scheduler, stopped around a delivery of the outbox: what was promised happens, and is there once."""

from pathlib import Path
from typing import Any

import pytest
import training_cases
from data_cases import online
from matrix import RELAY
from processes import Fleet, eventually
from shop import TIMES, Shop, run_now
from tier import faults, fired

from bottega_platform.features import loads
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Job, OutboxMessage

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(1800)]
both = pytest.mark.parametrize("action", ["kill", "exception"])


@pytest.fixture
def stopped_at_deliveries(fleet: Fleet, tmp_path: Path) -> Any:
    """Keep a scheduler that stops once before and once after its first delivery, until the outbox is empty."""

    def _deliver(topic: str, action: str) -> None:
        OutboxMessage.objects.exclude(topic=topic).delete()
        assert OutboxMessage.objects.count() > 0
        marks, schedulers = tmp_path / "marks", []
        environment = faults(RELAY, action, marks)

        def empty() -> bool:
            schedulers[:] = [scheduler for scheduler in schedulers if scheduler.poll() is None]
            if not schedulers:
                schedulers.append(fleet.scheduler(**environment))
            OutboxMessage.objects.filter(attempts__gt=0).update(available_at=DatabaseNow())
            return fired(marks) == set(RELAY) and not OutboxMessage.objects.filter(topic=topic).exists()

        eventually(empty, seconds=300, what="the outbox to be delivered")

    return _deliver


@both
def test_readers_follow_a_load_whose_pointer_was_told_twice(
    stopped_at_deliveries: Any, verified: Any, transactional_db: None, action: str
) -> None:
    shop = Shop()
    view = shop.compute_view()
    row = loads.load(actor=None, view=view, as_of=TIMES[250])
    run_now(Job.objects.get(pk=row.job_id))
    assert online(view) is None
    stopped_at_deliveries("online.pointer", action)
    assert online(view) == [248.0, 249.0]
    verified(180.0)


@both
def test_the_ledger_has_a_run_once_that_was_told_twice(
    stopped_at_deliveries: Any, verified: Any, transactional_db: None, mlflow: None, action: str
) -> None:
    case = training_cases.train()
    run_now(case.job)
    stopped_at_deliveries("mlflow.run", action)
    case.check()
    verified(180.0)
