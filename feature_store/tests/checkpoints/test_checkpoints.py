"""Checkpoints of one job: each attempt under its own fence, the newest up to a fence read."""

import pytest

from bottega_feature_store.checkpoints import Checkpoints


@pytest.fixture
def kept(tmp_path):
    return Checkpoints(tmp_path.as_uri(), project="prj_1", job="job_1")


def test_a_job_without_checkpoints_has_none_and_clearing_it_is_harmless(kept):
    assert kept.newest(9) is None
    kept.clear()


def test_an_attempt_replaces_its_own_and_a_later_one_reads_it(kept):
    kept.write(1, b"epoch 1")
    kept.write(1, b"epoch 2")
    assert kept.newest(3) == b"epoch 2"


def test_an_attempt_that_lost_its_lease_does_not_disturb_the_one_that_follows(kept):
    kept.write(3, b"new")
    kept.write(1, b"late")
    assert kept.newest(3) == b"new"
    assert kept.newest(2) == b"late"


def test_other_jobs_and_half_written_ones_are_not_seen(kept, tmp_path):
    Checkpoints(tmp_path.as_uri(), project="prj_1", job="job_2").write(1, b"another")
    (tmp_path / "checkpoints/prj_1/job_1").mkdir()
    (tmp_path / "checkpoints/prj_1/job_1/abc.incoming").write_bytes(b"half")
    assert kept.newest(9) is None


def test_clearing_removes_everything_of_the_job_alone(kept, tmp_path):
    other = Checkpoints(tmp_path.as_uri(), project="prj_1", job="job_2")
    for one in (kept, other):
        one.write(1, b"content")
    kept.clear()
    assert (kept.newest(9), other.newest(9)) == (None, b"content")
