"""Projects, their members, their overview."""

from typing import Any

from django.db.models import Prefetch, Q
from django.http import HttpResponse

from bottega_platform.accounts.models import User
from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.errors import NotFound
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ApiView, ProjectView
from bottega_platform.projects import members, overview, permissions, search, services
from bottega_platform.projects.api.schemas import (
    InvitationIn,
    InvitationOut,
    LinkOut,
    MemberIn,
    MemberOut,
    ProjectIn,
    ProjectOut,
    ProjectPatch,
    link_out,
    member_out,
    project_out,
)
from bottega_platform.projects.models import Membership, Project, Role


class ProjectsView(ApiView):
    """All projects that I may see."""

    @operation("list_projects", "Projects that I am a member of", page=ProjectOut)
    def get(self, request: Any) -> HttpResponse:
        """Answer my projects."""
        relevant = Membership.objects.filter(Q(user=self.actor) | Q(role=Role.ADMIN, user__is_active=True))
        known = Prefetch("memberships", relevant.select_related("user").order_by("created_at"), to_attr="known")
        rows = Project.objects.visible_to(self.actor).prefetch_related(known)
        return pagination.page(request, rows, lambda row: _listed(row, self.actor), sortable=("slug", "name"))

    @operation("create_project", "Create a project", request=ProjectIn, response=ProjectOut, status=201)
    def post(self, request: Any) -> HttpResponse:
        """Create a project; I become its admin."""
        body = specs.decode(ProjectIn, request.data)
        project = services.create_project(
            actor=self.actor,
            slug=body.slug,
            name=body.name,
            description=body.description,
            tier=body.tier,
        )
        return responses.created(project_out(project, Role.ADMIN), f"/api/v1/projects/{project.slug}", resource=project)


class ProjectDetailView(ProjectView):
    """One project."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @operation("get_project", "One project", response=ProjectOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the project."""
        return responses.ok(project_out(self.project, self.role), resource=self.project)

    @operation("update_project", "Change a project", request=ProjectPatch, response=ProjectOut)
    def patch(self, request: Any, project: str) -> HttpResponse:
        """Change the fields that are sent."""
        body = specs.decode(ProjectPatch, request.data)
        etag.check(request, self.project)
        changed = services.update_project(
            actor=self.actor, project=self.project, changes=body.changes(), reason=body.reason
        )
        return responses.ok(project_out(changed, self.role), resource=changed)

    @operation("delete_project", "Delete a project (it can be restored by an administrator)", status=204)
    def delete(self, request: Any, project: str) -> HttpResponse:
        """Take the project out of sight."""
        etag.check(request, self.project)
        services.delete_project(actor=self.actor, project=self.project)
        return responses.empty()


class OverviewView(ProjectView):
    """The project home."""

    roles = {"GET": Role.VIEWER}

    @operation("get_overview", "The project by phase, with the next step", response=overview.Overview)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the phases."""
        return responses.ok(overview.compose(self.project))


class SearchView(ProjectView):
    """Everything of a project, by a part of its name."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "search_project",
        "Find things of a project by a part of their name",
        response=search.Hits,
        query={"q": "The part, 1 to 100 characters; case does not matter."},
    )
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer what was found."""
        return responses.ok(search.find(self.project, request.GET.get("q", "")))


class MembersView(ProjectView):
    """Who is in a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.ADMIN}

    @operation("list_members", "Members of a project", page=MemberOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the members."""
        rows = self.project.memberships.select_related("user")
        return pagination.page(request, rows, lambda row: member_out(row, self.role), ordering="created_at")

    @operation("invite_member", "Invite somebody by e-mail", request=InvitationIn, response=InvitationOut, status=201)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Make the owner of the address a member; a new account's link stands in this answer only."""
        body = specs.decode(InvitationIn, request.data)
        member, link = members.invite(actor=self.actor, project=self.project, email=body.email, role=Role(body.role))
        out = InvitationOut(member=member_out(member, self.role), link=link_out(link) if link else None)
        return responses.created(out, f"{request.path}/{member.user.username}")


class MemberView(ProjectView):
    """One member, by user name."""

    roles = {"PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @operation("set_member", "Add a member, or change the role", request=MemberIn, response=MemberOut)
    def put(self, request: Any, project: str, user: str) -> HttpResponse:
        """Give the user this role."""
        body = specs.decode(MemberIn, request.data)
        member = services.set_role(actor=self.actor, project=self.project, user=_user(user), role=Role(body.role))
        return responses.ok(member_out(member, self.role))

    @operation("remove_member", "Remove a member", status=204)
    def delete(self, request: Any, project: str, user: str) -> HttpResponse:
        """End the membership."""
        services.remove_member(actor=self.actor, project=self.project, member=_member(self.project, user))
        return responses.empty()


class MemberLinkView(ProjectView):
    """A new sign-in link for a member who has not come in yet."""

    roles = {"POST": Role.ADMIN}

    @operation("renew_member_link", "Make a new sign-in link for an invited member", response=LinkOut, status=201)
    def post(self, request: Any, project: str, user: str) -> HttpResponse:
        """Make the link; it stands in this answer only."""
        link = members.renew_link(actor=self.actor, member=_member(self.project, user))
        return responses.created(link_out(link), request.path)


def _listed(project: Project, user: User) -> ProjectOut:
    known: list[Membership] = getattr(project, "known")  # noqa: B009 - put there by the prefetch
    mine = next((member.role for member in known if member.user_id == user.pk), None)
    admins = [member.user.username for member in known if member.role == Role.ADMIN and member.user.is_active]
    role = Role.ADMIN if user.is_platform_admin or mine is None else Role(mine)
    return project_out(project, role, granted_by=admins[: permissions.MAX_GRANTERS])


def _member(project: Project, username: str) -> Membership:
    """Return the member, also one whose account is disabled."""
    member = project.memberships.filter(user__username=username).select_related("user").first()
    if member is None:
        raise NotFound(f"“{username}” is not a member of this project.", code="member_not_found")
    return member


def _user(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise NotFound(f"There is no user “{username}”.", code="user_not_found")
    return found
