"""Errors of tables."""

from bottega_platform.api.errors import Conflict


class NotPublished(Conflict):
    """The table has no published version yet."""

    code = "not_published"
    title = "The table has no data yet"
