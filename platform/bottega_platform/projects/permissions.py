"""Who may do what in a project: predicates over roles, and the actions each role has."""

from collections.abc import Collection, Mapping

import rules

from bottega_platform.accounts.models import User
from bottega_platform.api.errors import Forbidden, NotFound
from bottega_platform.projects.models import Membership, Project, Role


def at_least(needed: Role) -> rules.Predicate:
    """Return the predicate: this role includes ``needed``."""

    def holds(role: Role) -> bool:
        return role.includes(needed)

    return rules.Predicate(holds, name=f"at_least_{needed.value}")


can: Mapping[Role, rules.Predicate] = {role: at_least(role) for role in Role}

MAX_GRANTERS = 3
PROJECT_ACTIONS = {
    "edit": Role.EDITOR,
    "deploy": Role.DEPLOYER,
    "approve": Role.APPROVER,
    "manage_members": Role.ADMIN,
    "delete": Role.ADMIN,
}


def role_of(user: User, project: Project) -> Role | None:
    """Return the user's role; a platform admin is admin everywhere."""
    if user.is_platform_admin:
        return Role.ADMIN
    found = Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()
    return Role(found) if found else None


def roles_of(user: User, projects: Collection[str]) -> dict[str, Role]:
    """Return the user's role in each of the projects, by id, that they may see."""
    if user.is_platform_admin:
        return dict.fromkeys(projects, Role.ADMIN)
    mine = Membership.objects.filter(user=user, project__in=projects).values_list("project_id", "role")
    return {project: Role(role) for project, role in mine}


def enter(user: User, slug: str) -> tuple[Project, Role]:
    """Return the project and the user's role in it; to a non-member it does not exist."""
    project = Project.objects.live().filter(slug=slug).first()
    role = role_of(user, project) if project else None
    if project is None or role is None:
        raise NotFound(f"There is no project “{slug}”, or you are not a member of it.", code="project_not_found")
    return project, role


def require(role: Role, needed: Role, *, project: Project) -> None:
    """Refuse a role that does not include ``needed``, naming who can grant it."""
    if not can[needed].test(role):
        names = granters(project)
        raise Forbidden(
            f"This needs the role {needed.value} in {project.slug}; you are {role.value}. "
            f"{' or '.join(names) or 'A platform admin'} can grant it.",
            code="role_missing",
            needed_role=needed.value,
            your_role=role.value,
            granted_by=names,
        )


def allowed_actions(role: Role, actions: Mapping[str, Role]) -> list[str]:
    """Return those of ``actions`` that the role may do, for an object's ``allowed_actions``."""
    return [action for action, needed in actions.items() if can[needed].test(role)]


def granters(project: Project) -> list[str]:
    """Return the names of up to three admins of the project who can sign in; none means: a platform admin."""
    admins = project.memberships.filter(role=Role.ADMIN, user__is_active=True).order_by("created_at")
    return list(admins.values_list("user__username", flat=True)[:MAX_GRANTERS])
