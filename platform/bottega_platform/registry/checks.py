"""What ``bottega verify`` checks about model versions."""

from collections.abc import Iterable

import msgspec

from bottega.bundle import Manifest
from bottega.problems import ProblemError
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs import verify
from bottega_platform.registry.models import Alias, ModelVersion


def register() -> None:
    """Make the checks known."""
    verify.check("registry.bundle_is_complete")(_bundles)
    verify.check("registry.alias_points_inside_its_model")(_aliases)


def _bundles(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    for version in ModelVersion.objects.select_related("model").iterator():
        try:
            _check_bundle(version.bundle)
        except (ProblemError, msgspec.DecodeError) as error:
            yield version.pk, f"{version}: {error}"


def _check_bundle(digest: str) -> None:
    """Read the manifest and every file it names; each must have the digest that names it."""
    blobs().verify(digest)
    manifest = msgspec.json.decode(blobs().read(digest), type=Manifest)
    for item in manifest.files:
        blobs().verify(item.sha256)


def _aliases(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    for alias in Alias.objects.select_related("version"):
        if alias.version.model_id != alias.model_id:
            yield str(alias.pk), f"alias {alias.name} of {alias.model_id} points at a version of another model"
