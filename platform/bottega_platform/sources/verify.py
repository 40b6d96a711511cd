"""What ``bottega verify`` checks of uploads: their blobs are there, whole when at rest."""

from collections.abc import Iterable

from bottega.problems import ProblemError
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs import verify
from bottega_platform.sources.models import Upload


def register() -> None:
    """Add the check."""
    verify.check("sources.upload_blobs_exist")(upload_blobs)


def upload_blobs(at_rest: bool) -> Iterable[tuple[str, str]]:
    """Every upload's bytes are there; at rest they also have the digest that names them."""
    store = blobs()
    for upload in Upload.objects.only("pk", "digest", "size").iterator():
        try:
            if store.size(upload.digest) != upload.size:
                yield upload.pk, "the stored bytes have another size"
            elif at_rest:
                store.verify(upload.digest)
        except ProblemError as problem:
            yield upload.pk, str(problem)
