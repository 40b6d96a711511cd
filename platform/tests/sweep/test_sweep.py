"""What nothing points at goes after a grace; what rows name and what a job at work has stored stays."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from bottega.ids import new_id
from bottega_platform.accounts.models import SignInLink, User
from bottega_platform.accounts.services import create_link, redeem_link
from bottega_platform.artifacts.services import blobs
from bottega_platform.config import env
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.sources.models import Upload
from bottega_platform.sweep import periodic, sweepers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="swept", name="Swept")


@pytest.fixture
def upload(project: Project) -> Upload:
    digest = lost_blob(b"a file that a row names", back=2 * DAY)
    return Upload.objects.create(project=project, digest=digest, size=blobs().size(digest))


def age(path: str | Path, back: timedelta) -> None:
    moment = (clock.now() - back).timestamp()
    os.utime(path, (moment, moment))


def lost_blob(content: bytes, *, back: timedelta) -> str:
    digest = blobs().put_bytes(content).sha256
    age(blobs().path(digest), back)
    return digest


def running_job(project: Project, *, since: timedelta) -> Job:
    job = Job.objects.create(project=project, kind="ingest", subject="s", queue="cpu")
    Job.objects.filter(pk=job.pk).update(
        state="running",
        attempt=1,
        fence=1,
        lease_owner="w",
        lease_until=clock.now() + DAY,
        started_at=clock.now() - since,
    )
    job.refresh_from_db()
    return job


def scratch_folder(name: str, *, back: timedelta) -> Path:
    folder = env.current().home / "scratch" / name
    folder.mkdir(parents=True)
    (folder / "half.parquet").write_bytes(b"0123456789")
    age(folder, back)
    return folder


def swept(name: str, **options: Any) -> list[str]:
    return [item.subject for item in sweepers.run(only=[name], **{"grace": DAY, **options})]


def test_a_blob_that_no_row_names_goes_and_one_that_a_row_names_stays(upload):
    lost = lost_blob(b"nobody names me", back=2 * DAY)
    assert lost in swept("blobs")
    assert not blobs().exists(lost)
    assert blobs().read(upload.digest) == b"a file that a row names"


def test_a_blob_younger_than_the_grace_stays(upload):
    assert lost_blob(b"just written", back=DAY / 2) not in swept("blobs")


def test_what_a_job_at_work_may_have_stored_stays_however_long_it_works(project, upload):
    lost = lost_blob(b"written five days ago by a job that began six days ago", back=5 * DAY)
    job = running_job(project, since=6 * DAY)
    assert lost not in swept("blobs")
    Job.objects.filter(pk=job.pk).update(state="queued", lease_until=None, lease_owner=None)
    assert lost in swept("blobs")


def test_a_database_that_names_no_blob_at_all_sweeps_none(db):
    assert sweepers.marked() == set()
    lost = lost_blob(b"of another database", back=2 * DAY)
    assert swept("blobs") == []
    assert blobs().exists(lost)


def test_a_dry_run_tells_and_leaves(upload):
    lost, folder = lost_blob(b"told", back=2 * DAY), scratch_folder(f"{new_id('job')}-1", back=2 * DAY)
    assert lost in swept("blobs", dry_run=True)
    assert folder.name in swept("scratch", dry_run=True)
    assert blobs().exists(lost)
    assert folder.exists()


def test_a_write_of_a_blob_that_was_cut_off_goes():
    incoming = Path(blobs().path("0" * 64)).parents[2] / "incoming" / new_id("job")
    incoming.parent.mkdir(parents=True, exist_ok=True)
    incoming.write_bytes(b"half")
    age(incoming, 2 * DAY)
    assert incoming.name in swept("blobs.incoming")
    assert not incoming.exists()


def test_the_scratch_folder_of_an_attempt_that_is_over_goes_and_that_of_a_running_one_stays(project):
    job = running_job(project, since=timedelta(0))
    working = scratch_folder(job.staging_name, back=2 * DAY)
    over = scratch_folder(f"{job.pk}-0", back=2 * DAY)
    went = swept("scratch")
    assert over.name in went
    assert working.name not in went
    assert working.exists()
    assert not over.exists()


def test_sessions_and_links_past_their_end_go_and_the_others_stay(client):
    ann = User.objects.create_user("ann")
    client.force_login(ann, backend="bottega_platform.accounts.backends.LinkBackend")
    Session.objects.create(session_key="old", session_data="", expire_date=clock.now() - 2 * DAY)
    create_link(user=ann, life=-2 * DAY)
    used, fresh = create_link(user=ann, life=30 * DAY), create_link(user=ann)
    redeem_link(secret=used)
    SignInLink.objects.exclude(used_at=None).update(used_at=clock.now() - 2 * DAY)
    assert swept("sign_ins") == ["1 × session", "2 × sign-in link"]
    assert Session.objects.get().session_key == client.session.session_key
    assert redeem_link(secret=fresh) == ann


def test_the_command_says_what_would_go_then_what_went(upload):
    lost = lost_blob(b"said", back=2 * DAY)
    told = io.StringIO()
    call_command("sweep", "--dry-run", "-o", "json", stdout=told)
    document = json.loads(told.getvalue())
    assert document["dry_run"] is True
    assert set(document["sweepers"]) == {"blobs", "blobs.incoming", "scratch", "sign_ins", "tables"}
    assert lost in document["sweepers"]["blobs"]["subjects"]
    said = io.StringIO()
    call_command("sweep", stdout=said)
    assert lost in said.getvalue()
    assert said.getvalue().splitlines()[-1].startswith("gone: ")
    assert not blobs().exists(lost)


@pytest.mark.parametrize("hours", ["-1", "nan", "1e9"])
def test_a_grace_that_is_no_length_of_time_is_refused(hours):
    with pytest.raises(CommandError):
        call_command("sweep", "--grace-hours", hours)


def test_the_scheduler_runs_the_whole_sweep_in_a_process_of_its_own():
    program = periodic.program()
    assert program.argv[1:] == ["-m", "django", "sweep"]
    assert program.log == env.current().home / "log" / "sweep.log"
