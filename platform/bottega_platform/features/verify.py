"""What ``bottega verify`` checks of features."""

from collections.abc import Iterable

from bottega_feature_store.online import writer
from bottega_platform.features.models import FeatureView, LoadState, OnlineLoad
from bottega_platform.features.pointers import store
from bottega_platform.jobs import verify


def register() -> None:
    """Add the checks."""
    verify.check("features.online_pointer")(online_pointers)
    verify.check("features.computed_version")(computed_versions)


def online_pointers(at_rest: bool) -> Iterable[tuple[str, str]]:
    """Each live load is what readers follow (a pointer may lag while its message is under way)."""
    rows = list(OnlineLoad.objects.filter(state=LoadState.LIVE).select_related("view"))
    if not at_rest or not rows:
        return
    with store() as client:
        for row in rows:
            found = writer.current(client, row.project_id, row.view.online_id(row.view_version))
            if found != row.tag:
                yield row.pk, f"the pointer of {row.view.name} names {found}, the live load is {row.tag}"


def computed_versions(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """A view with a computed version names the table version that holds it."""
    for view in FeatureView.objects.filter(table_version=None).exclude(computed_version=""):
        yield view.pk, f"{view.name} is computed at {view.computed_version} without a table version"
