"""What the project home says about data."""

from bottega_platform.jobs.models import Job
from bottega_platform.projects import overview
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, NextStep, Phase, PhaseState
from bottega_platform.sources.models import Source
from bottega_platform.tables.models import Table


def register() -> None:
    """Make this app's contribution known."""
    overview.contributor(Phase.DATA)(contribution)


def contribution(project: Project) -> Contribution:
    """Count sources and tables; the phase needs attention when a source's newest ingest failed."""
    sources = list(Source.objects.in_project(project).values_list("job_id", flat=True))
    if not sources:
        return Contribution(PhaseState.EMPTY)
    published = Table.objects.in_project(project).filter(current__isnull=False).count()
    counts = {"sources": len(sources), "tables": published}
    states = set(Job.objects.filter(pk__in=[job for job in sources if job]).values_list("state", flat=True))
    if states & {"queued", "running"}:
        return Contribution(PhaseState.RUNNING, counts)
    if "failed" in states:
        step = NextStep("fix_source", "A source could not be read: see what is wrong in the file", "data")
        return Contribution(PhaseState.ATTENTION, counts, step)
    if published == 0:
        return Contribution(PhaseState.READY, counts, NextStep("ingest_source", "Ingest your source", "data"))
    return Contribution(PhaseState.READY, counts)
