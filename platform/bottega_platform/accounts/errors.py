"""What can go wrong when somebody is invited or signs in."""

from bottega.problems import Fault
from bottega_platform.api.errors import Conflict, Unauthenticated


class LinkInvalid(Unauthenticated):
    """The sign-in link is unknown, used or too old."""

    code = "link_invalid"
    title = "This sign-in link does not work"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    code = "email_taken"
    title = "There is an account with this e-mail address"

    def __init__(self, email: str) -> None:
        detail = f"{email} has an account already. List them with “bottega user list”."
        super().__init__(detail, errors=[Fault(code="email_taken", detail=detail, pointer="/email", got=email)])


class LastPlatformAdmin(Conflict):
    """The platform keeps at least one admin who can sign in."""

    code = "last_platform_admin"
    title = "The last platform admin stays"
