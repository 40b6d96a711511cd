"""The audit trail: append-only, chained, verifiable."""

from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from bottega_platform.api.testing import make_project, make_user
from bottega_platform.audit import services
from bottega_platform.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("change", [lambda rows: rows.update(reason="x"), lambda rows: rows.delete()])
def test_the_database_refuses_to_change_or_remove_a_row(change):
    make_project()
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        change(Entry.objects.all())


def test_each_row_holds_the_digest_of_the_one_before():
    project = make_project()
    for number in range(3):
        services.record(actor=None, project=project, action="kite.fly", subject=f"kite-{number}")
    rows = list(Entry.objects.filter(project=project).order_by("position"))
    assert [row.position for row in rows] == [1, 2, 3, 4]
    assert all(row.previous_digest == before.digest for before, row in pairwise(rows))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entry SET reason = 'other' WHERE action = 'kite.fly'",
        "DELETE FROM audit_entry WHERE action = 'kite.fly'",
    ],
)
def test_verify_finds_what_was_done_behind_the_trigger(tampering, capsys):
    project = make_project()
    services.record(
        actor=make_user("ada"),
        project=project,
        action="kite.fly",
        subject="k1",
        after={"a": 1.5, "b": 1e20, "c": [2.0, None]},
    )
    services.record(actor=None, project=project, action="kite.land", subject="k1")
    call_command("audit", "verify")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
        cursor.execute(tampering)
    with pytest.raises(CommandError):
        call_command("audit", "verify")
