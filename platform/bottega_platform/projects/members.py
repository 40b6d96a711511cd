"""Inviting people into a project by e-mail, and new sign-in links for those who have not come in yet."""

from django.db import transaction

from bottega.problems import Fault
from bottega_platform.accounts import people
from bottega_platform.accounts.models import User
from bottega_platform.accounts.people import Link
from bottega_platform.api.errors import Conflict
from bottega_platform.projects import services
from bottega_platform.projects.models import Membership, Project, Role


@transaction.atomic
def invite(*, actor: User, project: Project, email: str, role: Role) -> tuple[Membership, Link | None]:
    """Make the owner of an e-mail address a member, with a new account when there is none.

    Returns the membership, and the one-time link of a new account: who has an account signs in as before, and
    nobody gets a link into somebody else's.

    Raises:
        Invalid: ``bad_email``.
        Conflict: ``already_member``, or ``user_disabled``.
    """
    email = people.clean_email(email)
    user, link = User.objects.filter(email=email).first(), None
    if user is None:
        user, link = people.add_user(actor=actor, email=email)
    elif project.memberships.filter(user=user).exists():
        detail = f"{email} is a member already. Change the role in the list."
        raise Conflict(detail, code="already_member", errors=[Fault("already_member", detail, "/email")])
    elif not user.is_active:
        raise Conflict(f"{email} is disabled. A platform admin can enable the account.", code="user_disabled")
    return services.set_role(actor=actor, project=project, user=user, role=role), link


def renew_link(*, actor: User, member: Membership) -> Link:
    """Make a new link for a member who has not signed in yet; the old one ends.

    Raises:
        Conflict: ``link_refused`` where the link would open more than the actor manages.
    """
    if not actor.is_platform_admin and not _only_ours(actor, member.user):
        name = member.user.username
        raise Conflict(
            f"{name} has signed in before, or has rights outside your projects: a platform admin makes the link, "
            f"with “bottega user link {name}”.",
            code="link_refused",
        )
    return people.new_link(actor=actor, user=member.user)


def _only_ours(actor: User, user: User) -> bool:
    """Say whether a link into this account gives nothing that the actor could not do."""
    managed = Membership.objects.filter(user=actor, role=Role.ADMIN).values("project")
    elsewhere = user.memberships.exclude(project__in=managed)
    return user.last_login is None and not user.is_platform_admin and not elsewhere.exists()
