"""Reading JSON strictly, and answering JSON whatever was asked for."""

from typing import Any, ClassVar

from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser

from bottega_platform.api import strict_json
from bottega_platform.api.errors import TooLarge


class StrictJsonParser(BaseParser):
    """Parses ``application/json`` bodies up to the limit."""

    media_type = "application/json"
    limit: ClassVar[int] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the document of the body."""
        body = stream.read(self.limit + 1)
        if len(body) > self.limit:
            raise TooLarge(f"A JSON body holds at most {self.limit} bytes here.")
        return strict_json.loads(body)


class AlwaysJson(BaseContentNegotiation):
    """There is one representation; ``Accept`` is not looked at."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the parser of the body's content type."""
        kind = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type in {kind, "*/*"}), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type
