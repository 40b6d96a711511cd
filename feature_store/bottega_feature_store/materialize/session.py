"""A Spark Connect session as every pipeline uses it: UTC, our Parquet timestamps, errors as problems."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from bottega.problems import DataProblem, ProblemError, SpecProblem

BYTES_PER_PARTITION = 32 << 20
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.sources.partitionOverwriteMode": "static",
    # With the cache on, both sides of a cogroup of two derived frames lose all but their keys, silently.
    "spark.connect.session.planCache.enabled": "false",
    "spark.connect.progress.reportInterval": "500ms",
}
_CODES = {
    "UNRESOLVED_COLUMN": "unknown_column",
    "TABLE_OR_VIEW_NOT_FOUND": "unknown_table",
    "UNRESOLVED_ROUTINE": "unknown_function",
    "PARSE_SYNTAX_ERROR": "sql_syntax",
}


@contextmanager
def spark_session(url: str, *, input_bytes: int = 0) -> Iterator[SparkSession]:
    """Yield a session of its own on the Connect server; what it holds there is released at the end."""
    session = SparkSession.builder.remote(url).create()
    try:
        for name, value in _SETTINGS.items():
            session.conf.set(name, value)
        session.conf.set("spark.sql.shuffle.partitions", str(partitions(input_bytes)))
        yield session
    except PySparkException as error:
        raise problem_of(error) from error
    finally:
        session.stop()


def partitions(input_bytes: int) -> int:
    """Return how many shuffle partitions suit an input of this size."""
    return min(2_000, max(2, -(-input_bytes // BYTES_PER_PARTITION)))


def problem_of(error: PySparkException) -> ProblemError:
    """Return the problem of what Spark refused: the specification's fault, or the data's."""
    condition = error.getCondition() or ""
    detail = (str(error).splitlines() or ["Spark failed"])[0][:500]
    for prefix, code in _CODES.items():
        if condition.startswith(prefix):
            return SpecProblem(detail, code=code)
    if type(error).__name__ in {"AnalysisException", "ParseException"}:
        return SpecProblem(detail, code="sql_invalid")
    return DataProblem(detail, code="sql_failed")
