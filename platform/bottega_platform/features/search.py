"""What search finds among features: views by their names, features by theirs."""

from collections.abc import Iterable

from bottega_platform.features.models import FeatureView
from bottega_platform.projects import search
from bottega_platform.projects.models import Project
from bottega_platform.projects.search import Hit


def register() -> None:
    """Make this app's finders known."""
    search.by_name("feature_view", FeatureView, "feature-views")
    search.finder("feature")(features)


def features(project: Project, text: str, limit: int) -> Iterable[Hit]:
    """Return features of computed views; the page is that of their view."""
    views = FeatureView.objects.in_project(project).filter(columns__icontains=text).order_by("name")[: 4 * limit]
    found = [
        (view.name, column.name) for view in views for column in view.feature_columns if text in column.name.lower()
    ]
    found.sort(key=lambda pair: (pair[1].lower().index(text), pair[1]))
    return [Hit("feature", name, f"of {view}", f"feature-views/{view}") for view, name in found[:limit]]
