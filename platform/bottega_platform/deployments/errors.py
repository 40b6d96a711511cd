"""What can be wrong with a deployment."""

from bottega_platform.api.errors import Conflict


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
