"""The whole loop on real data, as `make demo` runs it."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


def test_the_summary_counts_datasets_and_features(running_platform) -> None:
    assert running_platform.demo["datasets"] == 5
    assert running_platform.demo["feature_views"] == 8
    assert running_platform.demo["features"] >= 20


def test_the_tuned_model_beats_the_regression_and_the_regression_beats_the_mean(running_platform) -> None:
    auc = running_platform.demo["auc"]
    assert auc["historical_mean"]["high"] < auc["logistic_regression"]["low"]
    assert auc["logistic_regression"]["high"] < auc["lightgbm_tuned"]["low"]
    assert auc["lightgbm_tuned"]["value"] < 0.95, "nobody predicts delays that well without a leak"


def test_the_study_has_twenty_trials_of_which_three_were_pruned_and_none_is_left(running_platform) -> None:
    trials = list(running_platform.client.pages("/projects/flights/training-runs/lightgbm_tuned/trials", limit=100))
    states = [trial["state"] for trial in trials]
    assert len(states) >= 20
    assert states.count("pruned") >= 3
    assert set(states) <= {"completed", "pruned", "failed"}


def test_the_minutes_are_predicted_better_by_the_model_than_by_the_mean(running_platform) -> None:
    mae = running_platform.demo["minutes"]["mae"]
    assert mae["minutes_lightgbm"]["high"] < mae["minutes_historical_mean"]["low"]
    run = running_platform.client.get("/projects/flights/training-runs/minutes_lightgbm")
    metrics = run["metrics"]["test"]
    assert set(metrics) == {"mae", "rmse", "r2"}
    assert all(metric["low"] <= metric["value"] <= metric["high"] for metric in metrics.values())
    assert 0 < metrics["r2"]["low"] < 0.9, "nobody predicts minutes that well without a leak"


def test_both_targets_have_the_same_rows_features_and_data(running_platform) -> None:
    late, minutes = (
        running_platform.client.get(f"/projects/flights/training-sets/{name}")
        for name in ("delay_2013", "minutes_2013")
    )
    for shared in ("counts", "meta_features", "data", "service_version"):
        assert late[shared] == minutes[shared]


def test_the_second_endpoint_answers_minutes_for_the_same_keys(running_platform) -> None:
    minutes = running_platform.demo["minutes"]
    assert minutes["endpoint"] == "flights.minutes"
    assert minutes["prediction"]["record"] == running_platform.demo["prediction"]["record"]
    assert -60 < minutes["prediction"]["answer"]["predictions"][0] < 240


def test_one_prediction_came_from_keys_alone(running_platform) -> None:
    prediction = running_platform.demo["prediction"]
    assert set(prediction["record"]) == {"carrier", "tailnum", "origin", "dest", "scheduled_departure"}
    assert 0 < prediction["answer"]["predictions"][0] < 1


def test_dirt_is_counted_with_a_reason_and_no_row_is_lost(running_platform) -> None:
    table = running_platform.client.get("/projects/flights/tables/flights")
    assert table["current"]["rows"] == 336_776


def test_a_second_demo_leaves_ids_rows_and_runs_equal(running_platform) -> None:
    def everything() -> dict[str, list[object]]:
        kinds = ("sources", "tables", "feature-views", "feature-services", "training-sets", "training-runs", "models")
        return {
            kind: sorted(item["id"] for item in running_platform.client.pages(f"/projects/flights/{kind}", limit=100))
            for kind in kinds
        }

    before = everything()
    again = running_platform.run_demo()
    assert everything() == before
    for target, before_it in ((again, running_platform.demo), (again["minutes"], running_platform.demo["minutes"])):
        assert target["prediction"]["answer"]["predictions"] == before_it["prediction"]["answer"]["predictions"]


@pytest.mark.parametrize("endpoint", ["delay", "minutes"])
def test_the_endpoint_page_has_traffic_from_the_replay(running_platform, endpoint) -> None:
    traffic = running_platform.client.get(f"/projects/flights/endpoints/{endpoint}/traffic", range="24h")
    assert sum(version["requests"] for version in traffic["versions"]) >= 150
    assert all(version["p50_ms"] <= version["p99_ms"] for version in traffic["versions"])


def test_every_prediction_is_logged_to_parquet(running_platform) -> None:
    import pyarrow.dataset as ds

    folder = Path(running_platform.home) / "artifacts" / "predictions"
    assert ds.dataset(folder, format="parquet", partitioning=None).count_rows() >= 150


def test_verify_finds_nothing_wrong(running_platform) -> None:
    running_platform.bottega("verify")
