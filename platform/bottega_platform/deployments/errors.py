"""What can be wrong with a deployment."""

from bottega.problems import Fault
from bottega_platform.api.errors import Conflict, Invalid


class VersionNotReady(Conflict):
    """The model version has no bundle that may be served."""

    code = "version_not_ready"
    title = "This model version cannot be deployed yet"


class NothingToRollBackTo(Conflict):
    """No deployment before this one is known."""

    code = "nothing_to_roll_back_to"
    title = "There is nothing to roll back to"


class EndpointServing(Conflict):
    """The endpoint still serves a version."""

    code = "endpoint_serving"
    title = "The endpoint still serves"


class KeyRequired(Invalid):
    """In the server profile an endpoint cannot be open to everybody."""

    code = "key_required"
    title = "Endpoints ask for a key here"

    def __init__(self, pointer: str) -> None:
        detail = "In the server profile every endpoint asks for a key. Leave auth out, or send “key”."
        super().__init__(detail, errors=[Fault("key_required", detail, pointer, got="none")])
