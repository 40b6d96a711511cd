"""Specs: one versioned document per resource; console, CLI, SDK and REST edit the same document.

Every document is ``{"apiVersion": "bottega/v1", "kind": ..., "metadata": {"name": ...}, "spec": {...}}``.
Unknown fields are refused. The REST API takes the bare ``spec`` with ``name`` beside it.
"""

from bottega.specs.data import Column, CsvFormat, SourceSpec, TableRead
from bottega.specs.features import (
    Aggregate,
    EntitySpec,
    ExpressionFeature,
    FeatureServiceSpec,
    FeatureViewSpec,
    RequestField,
)
from bottega.specs.inspection import FileInspection
from bottega.specs.labels import LabelImportSpec
from bottega.specs.schedules import ScheduleSpec
from bottega.specs.training import (
    ModelSpec,
    Parameter,
    SplitSpec,
    TrainingRunSpec,
    TrainingSetSpec,
    TuneSpec,
)

__all__ = [
    "Aggregate",
    "Column",
    "CsvFormat",
    "EntitySpec",
    "ExpressionFeature",
    "FeatureServiceSpec",
    "FeatureViewSpec",
    "FileInspection",
    "LabelImportSpec",
    "ModelSpec",
    "Parameter",
    "RequestField",
    "ScheduleSpec",
    "SourceSpec",
    "SplitSpec",
    "TableRead",
    "TrainingRunSpec",
    "TrainingSetSpec",
    "TuneSpec",
]

API_VERSION = "bottega/v1"
