"""Names and texts in the SQL that DuckDB gets."""


def name(identifier: str) -> str:
    """Quote a column or table name."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text literal."""
    return "'" + text.replace("'", "''") + "'"
