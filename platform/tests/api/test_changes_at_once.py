"""Two who change one thing at once: neither undoes what the other did, and what is deleted stays deleted."""

import pytest
from django.test import RequestFactory

from bottega_platform.api import etag
from bottega_platform.api.errors import NotFound
from bottega_platform.api.testing import make_project
from bottega_platform.sources.models import Source
from bottega_platform.tables.services import ensure_table

pytestmark = pytest.mark.django_db
REQUEST = RequestFactory().patch("/")


@pytest.fixture
def source() -> Source:
    project = make_project()
    return Source.objects.create(
        project=project, name="visits", spec={}, table=ensure_table(project=project, name="visits", kind="source")
    )


def test_a_change_keeps_what_was_noted_between_its_reading_and_its_writing(source):
    read_earlier = Source.objects.get(pk=source.pk)
    Source.objects.filter(pk=source.pk).update(job_id="job_of_an_ingest")
    etag.check(REQUEST, read_earlier)
    read_earlier.save()
    source.refresh_from_db()
    assert source.job_id == "job_of_an_ingest"


def test_what_was_deleted_between_its_reading_and_its_writing_is_not_found(source):
    read_earlier = Source.objects.get(pk=source.pk)
    source.soft_delete()
    with pytest.raises(NotFound):
        etag.check(REQUEST, read_earlier)


def test_what_is_gone_altogether_is_not_found(source):
    read_earlier = Source.objects.get(pk=source.pk)
    source.delete()
    with pytest.raises(NotFound):
        etag.check(REQUEST, read_earlier)
