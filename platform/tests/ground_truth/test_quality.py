"""Realised quality equals scikit-learn's on the joined rows, whatever the order in which things arrive."""

import datetime as dt

import numpy as np
import pytest
from sklearn import metrics as sk

from bottega_platform.ground_truth.models import Label, PredictionPart, QualityDay
from bottega_platform.jobs.verify import verify

DAY = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)


def by_request(row, value):
    return {"request_id": row["request_id"], "row": row["row"], "value": value}


def by_keys(row, value):
    return {"keys": row["keys"], "event_time": row["at"].isoformat(), "value": value}


def broken():
    """Violations of ground truth's own promises: the fixture's endpoint has no real bundle."""
    return [found for found in verify() if found.check.startswith(("ground_truth.", "jobs."))]


def days_of(quality, version):
    found = next(one for one in quality["versions"] if one["version"] == version)
    return {day["day"]: day for day in found["days"]}


def oracle(label, score):
    label, score = np.array(label), np.array(score)
    return {
        "auc": sk.roc_auc_score(label, score),
        "log_loss": sk.log_loss(label, score),
        "brier": sk.brier_score_loss(label, score),
    }


def check(day, label, score):
    assert (day["labelled"], day["predictions"]) == (len(label), day["predictions"])
    for name, value in oracle(label, score).items():
        assert day["metrics"][name]["value"] == pytest.approx(value, rel=1e-9), name
        assert day["metrics"][name]["low"] <= value <= day["metrics"][name]["high"]


@pytest.mark.parametrize("named", [by_request, by_keys])
def test_two_versions_over_three_days_equal_scikit_learn(shop, random, named):
    expected = {}
    for number in range(3):
        for version in (1, 2):
            scores = np.round(random.random(120), 2)  # ties
            rows = shop.predict(scores.tolist(), at=DAY + dt.timedelta(days=number, hours=version), version=version)
            labels = (random.random(120) < scores).astype(int)
            kept = [(row, label) for row, label in zip(rows, labels, strict=True) if random.random() < 0.8]
            assert shop.send([named(row, int(label)) for row, label in kept]).status_code == 200
            day = str((DAY + dt.timedelta(days=number)).date())
            expected[version, day] = ([label for _, label in kept], [row["output"] for row, _ in kept])
    shop.settle()
    quality = shop.quality()
    assert [one["version"] for one in quality["versions"]] == [2, 1]
    for (version, day), (label, score) in expected.items():
        found = days_of(quality, version)[day]
        assert found["predictions"] == 120
        assert found["coverage"] == pytest.approx(len(label) / 120)
        check(found, label, score)
    assert broken() == []


def test_a_regression_gives_mae_and_rmse(empty_shop, random):
    empty_shop.serve(task="regression")
    scores = random.normal(20, 8, 200)
    truth = scores + random.normal(0, 5, 200)
    rows = empty_shop.predict(scores.tolist(), at=DAY)
    empty_shop.send([by_keys(row, float(value)) for row, value in zip(rows, truth, strict=True)])
    empty_shop.settle()
    found = days_of(empty_shop.quality(), 1)["2024-05-10"]["metrics"]
    assert found["mae"]["value"] == pytest.approx(sk.mean_absolute_error(truth, scores))
    assert found["rmse"]["value"] == pytest.approx(sk.root_mean_squared_error(truth, scores))
    assert "auc" not in found


def test_a_day_of_one_class_has_no_auc_and_says_why_but_has_its_losses(shop):
    rows = shop.predict([0.2, 0.4, 0.9], at=DAY)
    shop.send([by_request(row, 1) for row in rows])
    shop.settle()
    day = days_of(shop.quality(), 1)["2024-05-10"]
    assert day["metrics"]["auc"] is None
    assert day["reasons"] == {"auc": "one_class"}
    assert day["metrics"]["log_loss"]["value"] == pytest.approx(sk.log_loss([1] * 3, [0.2, 0.4, 0.9], labels=[0, 1]))


def test_a_day_without_labels_says_so_and_counts_its_predictions(shop):
    shop.predict([0.1, 0.2], at=DAY)
    labelled = shop.predict([0.1, 0.8], at=DAY + dt.timedelta(days=1))
    shop.send([by_request(labelled[0], 0), by_request(labelled[1], 1)])
    shop.settle()
    days = days_of(shop.quality(), 1)
    assert days["2024-05-10"]["reasons"]["auc"] == "no_labels"
    assert (days["2024-05-10"]["predictions"], days["2024-05-10"]["labelled"]) == (2, 0)
    assert days["2024-05-11"]["metrics"]["auc"]["value"] == 1.0


def test_the_newest_value_wins_and_the_history_stays(shop):
    rows = shop.predict([0.1, 0.9], at=DAY)
    shop.send([by_request(rows[0], 1), by_request(rows[1], 0)])
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["metrics"]["auc"]["value"] == 0.0
    again = shop.send([by_request(rows[0], 0), by_request(rows[1], 1)]).json()
    assert (again["new"], again["corrected"], again["unchanged"]) == (0, 2, 0)
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["metrics"]["auc"]["value"] == 1.0
    history = shop.client.get(f"{shop.path}/labels?request_id={rows[0]['request_id']}").json()["results"]
    assert sorted((one["row"], one["number"], one["value"]) for one in history) == [
        (0, 1, 1.0), (0, 2, 0.0), (1, 1, 0.0), (1, 2, 1.0)
    ]  # fmt: skip


def test_the_same_labels_again_change_nothing_and_start_nothing(shop):
    rows = shop.predict([0.1, 0.9], at=DAY)
    body = [by_request(rows[0], 0), by_keys(rows[1], 1)]
    first = shop.send(body).json()
    shop.settle()
    second = shop.send(body).json()
    assert (second["new"], second["corrected"], second["unchanged"]) == (0, 0, 2)
    assert second["job"] == first["job"]
    assert shop.settle() == []
    assert Label.objects.count() == 2


def test_a_label_that_is_earlier_than_its_prediction_in_the_log_waits_and_is_found(shop):
    rows = shop.predict([0.2, 0.7], at=DAY, ship=False)
    shop.send([by_request(rows[0], 0), by_request(rows[1], 1)])
    shop.settle()
    assert shop.quality()["labels"]["waiting"] == 2
    assert shop.quality()["versions"] == []
    shop.ship(rows)
    shop.send([by_keys(shop.predict([0.5], at=DAY)[0], 1)])
    shop.settle()
    quality = shop.quality()
    assert quality["labels"] | {"newest_at": None} == {
        "matched": 3, "unmatched": 0, "waiting": 0, "unknown": 0, "newest_at": None
    }  # fmt: skip
    assert days_of(quality, 1)["2024-05-10"]["labelled"] == 3


def test_a_late_label_of_an_old_day_is_found_without_reading_the_log_again(shop):
    old = shop.predict([0.2, 0.7], at=DAY)
    shop.predict([0.5], at=DAY + dt.timedelta(days=3))
    shop.send([by_request(old[0], 0)])
    shop.settle()
    for path in shop_files(shop):
        path.unlink()
    shop.send([by_request(old[1], 1)])
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["metrics"]["auc"]["value"] == 1.0


def shop_files(shop):
    from pathlib import Path

    from bottega_platform.config import env

    root = Path(env.current().artifacts.removeprefix("file://"))
    return list(root.glob(f"predictions/{shop.project.pk}/{shop.endpoint.pk}/date=*/*.parquet"))


def test_a_callers_own_request_id_is_found_like_ours(shop):
    rows = shop.predict([0.2, 0.7], at=DAY, request_id="order-4711")
    shop.send([by_request(rows[0], 0)])
    shop.settle()
    shop.send([by_request(rows[1], 1)])
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["labelled"] == 2


def test_unknown_requests_and_keys_are_counted_and_told(shop, monkeypatch):
    row = shop.predict([0.3], at=DAY)[0]
    shop.send([
        by_request(row, 1),
        {"request_id": "req_00000000000000000000000000", "value": 1},
        {"keys": {"person": "nobody", "shop": 1}, "event_time": "2024-05-10T00:00:00Z", "value": 0},
    ])  # fmt: skip
    shop.settle()
    labels = shop.quality()["labels"]
    assert (labels["matched"], labels["unmatched"], labels["waiting"], labels["unknown"]) == (1, 1, 1, 0)
    Label.objects.filter(day=None).update(received_at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    labels = shop.quality()["labels"]
    assert (labels["waiting"], labels["unknown"]) == (0, 1)
    listed = shop.client.get(f"{shop.path}/labels?waiting=true").json()["results"]
    assert [one["request_id"] for one in listed] == ["req_00000000000000000000000000"]


def test_a_prediction_labelled_twice_over_takes_what_was_told_last(shop):
    rows = shop.predict([0.1, 0.9], at=DAY)
    shop.send([by_keys(rows[0], 1), by_keys(rows[1], 0)])
    shop.send([by_request(rows[0], 0), by_request(rows[1], 1)])
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["metrics"]["auc"]["value"] == 1.0


def test_one_label_counts_for_every_prediction_about_its_keys_and_moment(shop):
    rows = shop.predict([0.1], at=DAY)
    shop.ship([rows[0] | {"request_id": "second", "output": 0.4, "version": 2}])
    shop.send([by_keys(rows[0], 0)])
    shop.settle()
    quality = shop.quality()
    assert days_of(quality, 1)["2024-05-10"]["labelled"] == days_of(quality, 2)["2024-05-10"]["labelled"] == 1


def test_a_row_that_was_shipped_twice_counts_once(shop):
    rows = shop.predict([0.1, 0.8], at=DAY)
    shop.ship(rows)
    shop.send([by_request(rows[0], 0), by_request(rows[1], 1)])
    shop.settle()
    assert days_of(shop.quality(), 1)["2024-05-10"]["predictions"] == 2


def test_many_runs_of_a_day_are_merged_into_one_part(shop, random):
    label, score = [], []
    for _ in range(12):
        scores = np.round(random.random(20), 1)
        rows = shop.predict(scores.tolist(), at=DAY)
        truth = (random.random(20) < scores).astype(int).tolist()
        shop.send([by_request(row, value) for row, value in zip(rows, truth, strict=True)])
        shop.settle()
        label, score = label + truth, score + scores.tolist()
    assert PredictionPart.objects.count() <= 8
    assert sum(part.rows for part in PredictionPart.objects.all()) == 240
    check(days_of(shop.quality(), 1)["2024-05-10"], label, score)
    assert broken() == []


def test_new_predictions_lower_the_coverage_when_the_scheduler_looks(shop):
    from bottega_platform.deployments.models import ServingNode
    from bottega_platform.predictions.models import TrafficMinute

    rows = shop.predict([0.1, 0.8], at=DAY)
    shop.send([by_request(rows[0], 0), by_request(rows[1], 1)])
    shop.settle()
    shop.predict([0.4, 0.6], at=DAY)
    assert shop.follow() == [], "nobody has told of traffic yet"
    from django.utils import timezone

    TrafficMinute.objects.create(
        project=shop.project, endpoint=shop.endpoint, version=1, node=ServingNode.objects.create(name="n"),
        minute=timezone.now(), requests=1, errors=0, degraded=0,
    )  # fmt: skip
    assert len(shop.follow()) == 1
    assert days_of(shop.quality(), 1)["2024-05-10"]["coverage"] == 0.5
    assert QualityDay.objects.count() == 1
