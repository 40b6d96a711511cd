"""Which row of a view's table a point-in-time read at ``as_of`` returns for each key."""

from collections.abc import Sequence

from bottega_feature_store.quoting import name


def latest_sql(relation: str, *, keys: Sequence[str], columns: Sequence[str], as_of: int, ttl: int | None) -> str:
    """Return DuckDB SQL: per key the row with the greatest (event time, created time, row) known at ``as_of``.

    ``relation`` reads the table's files with ``filename`` and ``file_row_number``. A row older than the TTL is
    left out, for the read would return null for it.
    """
    moment = f"make_timestamptz({as_of})"
    order = "ORDER BY event_time DESC, created_time DESC, filename DESC, file_row_number DESC"
    chosen = ", ".join(map(name, [*keys, *columns]))
    picked = ", ".join(map(name, keys))
    fresh = "" if ttl is None else f" WHERE event_time >= {moment} - to_microseconds({ttl * 1_000_000})"
    known = f"event_time <= {moment} AND created_time <= {moment}"
    return (
        f"WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY {picked} {order}) AS __rank"  # noqa: S608
        f" FROM {relation} WHERE {known} AND {' AND '.join(f'{name(key)} IS NOT NULL' for key in keys)})"
        f", latest AS (SELECT * FROM ranked WHERE __rank = 1)"
        f" SELECT epoch_us(event_time) AS __event_time, {chosen} FROM latest{fresh}"
    )
