"""Every job kind, killed and broken at every fault point it passes: its effect is there once and whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import data_cases
import pytest
import training_cases
import truth_cases
from processes import Fleet
from walk import Case, walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
faults = pytest.mark.faults
both = pytest.mark.parametrize("action", ["kill", "exception"])
Verified = Callable[..., None]


@pytest.fixture
def through_all_points(fleet: Fleet, tmp_path: Path, verified: Verified) -> Callable[[Case, str], None]:
    """Walk a job through the matrix and verify the platform."""

    def _through(case: Case, action: str) -> None:
        walk(fleet, case, action=action, marks=tmp_path / "marks")
        verified(180.0)

    return _through


@pytest.mark.parametrize("action", ["exception", pytest.param("kill", marks=faults)])
def test_an_ingest_publishes_one_version(through_all_points: Any, action: str) -> None:
    through_all_points(data_cases.ingest(), action)


@faults
@both
def test_a_file_is_inspected_once(through_all_points: Any, action: str) -> None:
    through_all_points(data_cases.inspect(), action)


@faults
@both
@pytest.mark.spark
def test_a_feature_view_publishes_one_version(through_all_points: Any, spark: None, action: str) -> None:
    through_all_points(data_cases.feature_view(), action)


@faults
@both
def test_a_load_moves_the_pointer_to_whole_values_only(through_all_points: Any, action: str) -> None:
    through_all_points(data_cases.load_online(), action)


@faults
@both
def test_an_export_leaves_each_definition_once_in_feast(through_all_points: Any, action: str) -> None:
    through_all_points(data_cases.feast_export(), action)


@faults
@both
def test_a_training_set_has_all_its_splits_or_is_not_ready(through_all_points: Any, action: str) -> None:
    through_all_points(data_cases.training_set(), action)


@faults
@both
@pytest.mark.spark
def test_a_training_set_joined_by_spark_has_all_its_splits(through_all_points: Any, spark: None, action: str) -> None:
    through_all_points(data_cases.training_set(engine="spark"), action)


@faults
@both
def test_a_run_has_its_metrics_once(through_all_points: Any, mlflow: None, action: str) -> None:
    through_all_points(training_cases.train(), action)


@faults
@both
def test_an_imported_model_has_its_metrics_once(through_all_points: Any, mlflow: None, action: str) -> None:
    through_all_points(training_cases.import_model(), action)


@faults
@both
def test_a_package_becomes_one_version_with_a_whole_bundle(through_all_points: Any, mlflow: None, action: str) -> None:
    through_all_points(training_cases.package(), action)


@faults
@both
def test_two_versions_are_compared_once(through_all_points: Any, action: str) -> None:
    through_all_points(training_cases.compare(), action)


@faults
@both
def test_a_study_asks_and_tells_each_trial_once(
    through_all_points: Any, mlflow: None, fleet: Fleet, action: str
) -> None:
    fleet.worker(slots=2, queue="cpu")
    through_all_points(training_cases.study(), action)


@faults
@both
def test_a_trial_has_its_value_once(through_all_points: Any, mlflow: None, action: str) -> None:
    through_all_points(training_cases.trial(), action)


@faults
@both
def test_an_import_keeps_each_label_once(through_all_points: Any, action: str) -> None:
    through_all_points(truth_cases.label_import(), action)


@faults
@both
def test_a_day_is_measured_once(through_all_points: Any, action: str) -> None:
    through_all_points(truth_cases.quality_of_a_day(), action)
