"""The database clock, on which every lease is measured.

``bottega_now()`` is ``clock_timestamp()`` (``now()`` stands still inside a transaction) plus the session
setting ``bottega.clock_offset``, which only tests set.
"""

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func

CREATE_SQL = """
CREATE OR REPLACE FUNCTION bottega_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT clock_timestamp()
       + COALESCE(NULLIF(current_setting('bottega.clock_offset', true), ''), '0')::interval
$$;
"""
DROP_SQL = "DROP FUNCTION IF EXISTS bottega_now();"


class DatabaseNow(Func):
    """``bottega_now()`` as an expression."""

    function = "bottega_now"
    template = "%(function)s()"
    arity = 0
    output_field = DateTimeField()


def now() -> datetime:
    """Return the time of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bottega_now()")
        value: datetime = cursor.fetchone()[0]
    return value
