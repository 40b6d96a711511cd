"""Who may see or touch a job: its project's members; to others it does not exist."""

from bottega_platform.accounts.models import User
from bottega_platform.api.errors import NotFound
from bottega_platform.jobs.models import Job
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role


def job_for(user: User, job_id: str, *, needed: Role = Role.VIEWER) -> tuple[Job, Role]:
    """Return the job and the user's role in its project.

    Raises:
        NotFound: there is no such job, or the user is no member of its project.
        Forbidden: the user's role does not include ``needed``.
    """
    job = Job.objects.select_related("project", "created_by").filter(pk=job_id).first()
    role = permissions.role_of(user, job.project) if job and job.project.deleted_at is None else None
    if job is None or role is None:
        raise NotFound(f"There is no job “{job_id}”, or you are not a member of its project.", code="job_not_found")
    permissions.require(role, needed, project=job.project)
    return job, role
