"""Job engine: claim and finish, dispatch, and a long list; beside raw SQL programs as floors.

``python benchmarks/jobs.py`` starts PostgreSQL and the broker in a temporary home with their normal, durable
settings. Results go to ``benchmarks/results/jobs.json``.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from report import Report, percentile

THREADS = 4
HERE = Path(__file__).resolve().parent
PROBES = HERE.parent / "platform" / "tests" / "jobs"

FLOOR_TABLE = """
CREATE TABLE floor_job (id text PRIMARY KEY, state text NOT NULL DEFAULT 'queued', priority int NOT NULL DEFAULT 0,
  run_after timestamptz NOT NULL DEFAULT now(), attempt int NOT NULL DEFAULT 0, fence bigint NOT NULL DEFAULT 0,
  lease_owner text, lease_until timestamptz, result jsonb);
CREATE INDEX ON floor_job (priority DESC, run_after, id) WHERE state = 'queued';
"""
FLOOR_CLAIM = """
UPDATE floor_job SET state = 'running', lease_owner = %s, lease_until = clock_timestamp() + interval '60 s',
  fence = fence + 1, attempt = attempt + 1 WHERE id = (SELECT id FROM floor_job
  WHERE state = 'queued' AND run_after <= now() ORDER BY priority DESC, run_after, id FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING id, fence
"""
FLOOR_FINISH = """
UPDATE floor_job SET state = 'succeeded', result = '{}', lease_until = NULL
 WHERE id = %s AND fence = %s AND state = 'running'
"""


@contextmanager
def services() -> Iterator[Any]:
    """PostgreSQL and the broker on free ports in a temporary home, and Django set up on them."""
    home = Path(tempfile.mkdtemp(prefix="bottega-bench-"))
    from bottega_platform.config.env import PORTS, current
    from bottega_platform.embedded import ports, run
    from bottega_platform.embedded.postgres import Postgres
    from bottega_platform.embedded.valkey import Broker

    os.environ.update(BOTTEGA_HOME=str(home), DJANGO_SETTINGS_MODULE="bottega_platform.config.settings")
    os.environ.update(zip(PORTS, map(str, ports.pick(len(PORTS))), strict=True))
    os.environ.update(BOTTEGA_JOB_PLUGINS="probe_kinds", BOTTEGA_CHILD_PLUGINS="probe_child", PYTHONPATH=str(PROBES))
    sys.path.insert(0, str(PROBES))
    children = []
    try:
        children = [run.start(service) for service in (Postgres(current()), Broker(current()))]
        migrate()
        yield current()
    finally:
        for child in reversed(children):
            child.kill()
        shutil.rmtree(home, ignore_errors=True)


def migrate() -> None:
    """Make the tables."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)


FILL = """
INSERT INTO jobs_job (id, project_id, kind, subject, spec, payload_format, queue, priority, state, attempt,
                      max_attempts, fence, created_at, finished_at)
SELECT 'job_' || %(queue)s || lpad(n::text, 20, '0'), %(project)s, 'probe', 's' || n %% 500, '{}', 1, %(queue)s, 0,
       %(state)s, 0, 3, 0, clock_timestamp() - n * interval '1 s', CASE WHEN %(state)s <> 'queued' THEN now() END
  FROM generate_series(1, %(count)s) n
"""


def fill(project: Any, count: int, *, queue: str, state: str = "queued") -> None:
    """Insert many jobs at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FILL, {"project": project.pk, "count": count, "queue": queue, "state": state})


def drain(turn: Callable[[], bool]) -> float:
    """Call ``turn`` in several threads until it says there is nothing left; return the seconds."""

    def work() -> None:
        from django.db import connection

        while turn():
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def claim_finish(report: Report, env: Any, project: Any, count: int) -> None:
    """Claim and finish without any work in between: ours with events and publication, and bare SQL."""
    from bottega_platform.jobs import leases

    fill(project, count, queue="bench")

    def ours() -> bool:
        job = leases.claim(queue="bench", owner="bench")
        if job is not None:
            leases.succeed(job, {})
        return job is not None

    report.add("claim_finish", "bottega", "per_s", count / drain(ours), "1/s")
    with psycopg.connect(env.database().url(), autocommit=True) as connection:
        connection.execute(FLOOR_TABLE)
        connection.execute(
            "INSERT INTO floor_job (id) SELECT 'job_' || lpad(n::text, 26, '0') FROM generate_series(1, %s) n", [count]
        )
    own = threading.local()

    def floor() -> bool:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(env.database().url(), autocommit=True)
        row = own.connection.execute(FLOOR_CLAIM, ["bench"]).fetchone()
        if row is not None:
            own.connection.execute(FLOOR_FINISH, row)
        return row is not None

    report.add("claim_finish", "floor", "per_s", count / drain(floor), "1/s")


def dispatch(report: Report, env: Any, project: Any, count: int) -> None:
    """From enqueue to claimed, with an idle worker process; the floor is a bare NOTIFY and claim."""
    from bottega_platform.jobs.models import Job
    from bottega_platform.jobs.services import enqueue

    command = [sys.executable, "-m", "bottega_platform.jobs.worker", "--queue", "probe", "--slots", "2"]
    worker = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(count + 1):
            job = enqueue(project=project, kind="probe", subject="dispatch", spec={})
            while not Job.objects.filter(pk=job.pk, state="succeeded").exists():
                time.sleep(0.02)
    finally:
        worker.terminate()
        worker.wait(20)
    rows = Job.objects.filter(subject="dispatch").order_by("created_at")[1:]
    waits = [(row.started_at - row.created_at).total_seconds() * 1000 for row in rows]
    whole = [(row.finished_at - row.created_at).total_seconds() * 1000 for row in rows]
    report.add("dispatch", "bottega", "p95_ms", percentile(waits, 95), "ms")
    report.add("dispatch", "floor", "p95_ms", percentile(notify_floor(env, count), 95), "ms")
    report.add("dispatch_and_run", "bottega", "p95_ms", percentile(whole, 95), "ms")


def notify_floor(env: Any, count: int) -> list[float]:
    """Return the milliseconds from insert to claim of a bare listener."""
    waits: list[float] = []
    url = env.database().url()
    with psycopg.connect(url, autocommit=True) as listening, psycopg.connect(url, autocommit=True) as sending:
        listening.execute("LISTEN floor_wake")
        for number in range(count):
            began = time.perf_counter()
            with sending.transaction():
                sending.execute("INSERT INTO floor_job (id) VALUES (%s)", [f"wake_{number}"])
                sending.execute("NOTIFY floor_wake")
            next(listening.notifies(timeout=5, stop_after=1))
            listening.execute(FLOOR_CLAIM, ["bench"]).fetchone()
            waits.append((time.perf_counter() - began) * 1000)
    return waits


def list_100k(report: Report, env: Any, project: Any, count: int) -> None:
    """Pages of 50 out of 100,000 jobs through the API, and the same page as one bare query."""
    from bottega_platform.api.testing import client_as
    from bottega_platform.projects.models import Role

    fill(project, 100_000, queue="done", state="succeeded")
    with psycopg.connect(env.database().url(), autocommit=True) as connection:
        connection.execute("ANALYZE jobs_job")
        client = client_as(Role.VIEWER, project)
        waits, address = [], f"/jobs?project={project.slug}"
        for number in range(count):
            began = time.perf_counter()
            answer = client.get(address)
            waits.append((time.perf_counter() - began) * 1000)
            narrowed = f"/jobs?project={project.slug}&subject=s{number}"
            address = (number % 10 and answer.json()["next"]) or narrowed
        report.add("list_100k", "bottega", "p95_ms", percentile(waits, 95), "ms")
        page = "SELECT * FROM jobs_job WHERE project_id = %s ORDER BY created_at DESC, id DESC LIMIT 51"
        waits = []
        for _ in range(count):
            began = time.perf_counter()
            connection.execute(page, [project.pk]).fetchall()
            waits.append((time.perf_counter() - began) * 1000)
        report.add("list_100k", "floor", "p95_ms", percentile(waits, 95), "ms")


def main() -> None:
    """Run everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000, help="jobs to claim and finish")
    parser.add_argument("--dispatches", type=int, default=100)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    report = Report("jobs")
    with services() as env:
        from bottega_platform.api.testing import make_project

        project = make_project("bench")
        claim_finish(report, env, project, arguments.jobs)
        dispatch(report, env, project, arguments.dispatches)
        list_100k(report, env, project, 200)
    report.write(arguments.out)
    for metric in ("per_s", "p95_ms"):
        report.ratios(metric)


if __name__ == "__main__":
    main()
