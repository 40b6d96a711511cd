"""Uploads, sources and their ingest."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from bottega_feature_store.blobs import CHUNK_BYTES, Blob
from bottega_platform.api import downloads, etag, pagination, responses, specs
from bottega_platform.api.errors import Invalid
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.sources import inspections, services
from bottega_platform.sources.api.schemas import (
    InspectionIn,
    InspectionOut,
    SourceChange,
    SourceIn,
    SourceOut,
    UploadOut,
    inspection_out,
    source_out,
    upload_out,
)
from bottega_platform.sources.models import Inspection, Source, Upload

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}


class UploadsView(ProjectView):
    """Files sent to a project."""

    roles = {"POST": Role.EDITOR}
    atomic = False

    @operation(
        "upload_file",
        "Upload a file: its bytes are the body",
        request=BINARY,
        request_media_type="application/octet-stream",
        response=UploadOut,
        status=201,
        query={"filename": "What the file is called; shown to people, never a path."},
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Store the body by its digest; the same file again answers 200 with the upload that is there."""
        upload, made = services.keep_upload(
            actor=self.actor, project=self.project, blob=self.blob, filename=request.GET.get("filename", "")
        )
        if not made:
            return responses.ok(upload_out(upload))
        return responses.created(upload_out(upload), f"/api/v1/projects/{project}/uploads/{upload.digest}")

    @cached_property
    def blob(self) -> Blob:
        """The stored body; nobody sees it before a row of the project names it."""
        return _store(self.request._request)  # noqa: SLF001 - the raw stream: DRF would parse it

    def body(self) -> bytes:
        """Return the body's digest: it may be too large to be held in memory."""
        return self.blob.sha256.encode()


class UploadView(ProjectView):
    """One uploaded file."""

    roles = {"GET": Role.VIEWER}

    @operation("get_upload", "An uploaded file's size and name", response=UploadOut)
    def get(self, request: Any, project: str, digest: str) -> HttpResponse:
        """Answer the upload."""
        return responses.ok(upload_out(Upload.objects.in_project(self.project).get_or_404(digest=digest)))


class UploadContentView(ProjectView):
    """The bytes of an uploaded file."""

    roles = {"GET": Role.VIEWER}

    @operation("download_upload", "An uploaded file's bytes", response=BINARY, media_type="application/octet-stream")
    def get(self, request: Any, project: str, digest: str) -> HttpResponseBase:
        """Stream the file as it was sent."""
        upload = Upload.objects.in_project(self.project).get_or_404(digest=digest)
        chunks = downloads.file_chunks(blobs().open(upload.digest))
        filename = upload.filename or upload.digest
        return downloads.stream(chunks, content_type="application/octet-stream", filename=filename, etag=upload.digest)


class InspectionsView(ProjectView):
    """Inspections of one uploaded file."""

    roles = {"POST": Role.EDITOR}

    @operation(
        "inspect_upload",
        "Guess what an uploaded file holds",
        request=InspectionIn,
        response=InspectionOut,
        status=202,
    )
    def post(self, request: Any, project: str, digest: str) -> HttpResponse:
        """Queue the inspection; it reads the beginning and samples of the file, never all of it at once."""
        upload = Upload.objects.in_project(self.project).select_related("project").get_or_404(digest=digest)
        body = specs.decode(InspectionIn, request.data)
        row = inspections.inspect(actor=self.actor, upload=upload, csv_format=body.format)
        return responses.accepted(inspection_out(row), row.job_id)


class InspectionView(ProjectView):
    """One inspection."""

    roles = {"GET": Role.VIEWER}

    @operation("get_inspection", "What an uploaded file seems to hold", response=InspectionOut)
    def get(self, request: Any, project: str, digest: str, inspection: str) -> HttpResponse:
        """Answer the inspection."""
        rows = Inspection.objects.in_project(self.project).filter(upload__digest=digest).select_related("upload")
        return responses.ok(inspection_out(rows.get_or_404(pk=inspection)))


class SourcesView(ProjectView):
    """The sources of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_sources", "Sources of a project", page=SourceOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the sources, newest first."""
        rows = Source.objects.in_project(self.project).select_related("table__current")
        return pagination.page_with(request, rows, self._renderer, sortable=("name",))

    @operation("create_source", "Create a source", request=SourceIn, response=SourceOut, status=201)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create a source; ingest it to get its table."""
        body = specs.decode(SourceIn, request.data)
        source = services.create_source(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        location = f"/api/v1/projects/{project}/sources/{source.name}"
        return responses.created(source_out(source, None, self.role), location, resource=source)

    def _renderer(self, rows: list[Source]) -> Callable[[Source], SourceOut]:
        jobs = Job.objects.in_bulk([source.job_id for source in rows])
        return lambda source: source_out(source, jobs.get(source.job_id), self.role)


class _OneSource(ProjectView):
    """An endpoint of one source, addressed by name."""

    source: Source

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the source."""
        super().admit(request, **kwargs)
        rows = Source.objects.in_project(self.project).select_related("table__current", "project")
        self.source = rows.get_or_404(name=kwargs["name"])

    def _render(self) -> SourceOut:
        return source_out(self.source, Job.objects.filter(pk=self.source.job_id).first(), self.role)


class SourceView(_OneSource):
    """One source."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.EDITOR}

    @operation("get_source", "A source with its newest ingest", response=SourceOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the source."""
        return responses.ok(self._render(), resource=self.source)

    @operation("change_source", "Replace a source's spec", request=SourceChange, response=SourceOut)
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Replace the spec; the table stays as it is until the next ingest."""
        etag.check(request, self.source)
        body = specs.decode(SourceChange, request.data)
        self.source = services.change_source(actor=self.actor, source=self.source, spec=body.spec)
        return responses.ok(self._render(), resource=self.source)

    @operation("delete_source", "Delete a source", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Delete the source; its table stays."""
        etag.check(request, self.source)
        services.delete_source(actor=self.actor, source=self.source)
        return responses.empty()


class IngestView(_OneSource):
    """Starts an ingest."""

    roles = {"POST": Role.EDITOR}

    @operation("ingest_source", "Read the file into a new version of the table", response=SourceOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Queue the ingest."""
        job = services.ingest(actor=self.actor, source=self.source)
        return responses.accepted(self._render(), job, resource=self.source)


def _store(request: HttpRequest) -> Blob:
    length = request.META.get("CONTENT_LENGTH") or "0"
    with blobs().writer(limit=settings.MAX_UPLOAD_BYTES) as writer:
        while chunk := request.read(CHUNK_BYTES):
            writer.write(chunk)
        if writer.blob.size == 0:
            raise Invalid("The body is empty: send the file's bytes.", code="empty_file")
        if length.isdigit() and 0 < int(length) != writer.blob.size:
            raise Invalid("The upload was cut off: send the file again.", code="upload_cut")
    return writer.blob
