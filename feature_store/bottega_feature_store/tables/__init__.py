"""Iceberg tables: staged snapshots on branches of their own, read by file list."""

from bottega_feature_store.tables.catalog import SnapshotNotFound, Tables
from bottega_feature_store.tables.schema import arrow_schema, columns_of_arrow, table_identifier

__all__ = [
    "SnapshotNotFound",
    "Tables",
    "arrow_schema",
    "columns_of_arrow",
    "table_identifier",
]
