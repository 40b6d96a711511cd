"""What can be wrong with documents."""

from bottega.problems import ProblemError
from bottega_platform.api.errors import Conflict


class DocumentsInvalid(ProblemError):
    """Documents cannot be applied, and none of them was; ``errors`` point into the body."""

    code = "documents_invalid"
    title = "These documents cannot be applied"


class Immutable(Conflict):
    """The thing is there already and never changes in this way."""

    code = "immutable"
    title = "This never changes"
