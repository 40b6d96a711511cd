"""Specs that cannot be run are refused with a code and a pointer, and nothing is started."""

import pytest

from bottega_platform.jobs.models import Job


def space(**dimension):
    return {"space": [{"name": "learning_rate", "kind": "float", "low": 0.01, "high": 0.1, **dimension}]}


@pytest.mark.parametrize(
    ("spec", "code", "pointer"),
    [
        ({"trainer": "magic"}, "invalid_value", "/spec/trainer"),
        ({"params": {"leaves": 3}}, "unknown_parameter", "/spec/params/leaves"),
        ({"params": {"num_leaves": 1}}, "out_of_range", "/spec/params/num_leaves"),
        ({"params": {"num_leaves": 2.5}}, "wrong_type", "/spec/params/num_leaves"),
        ({"params": {"learning_rate": "fast"}}, "wrong_type", "/spec/params/learning_rate"),
        ({"trainer": "logistic_regression", "task": "regression"}, "task_unsupported", "/spec/task"),
        ({"tune": {"trials": 0}}, "out_of_range", "/spec/tune/trials"),
        ({"tune": {"trials": 10**9}}, "out_of_range", "/spec/tune/trials"),
        ({"tune": {"parallel": 0}}, "out_of_range", "/spec/tune/parallel"),
        ({"tune": {"space": []}}, "empty_space", "/spec/tune/space"),
        ({"tune": space(low=0.5)}, "empty_range", "/spec/tune/space/0/low"),
        ({"tune": space(low=0.1)}, "empty_range", "/spec/tune/space/0/low"),
        ({"tune": space(low=0, log=True)}, "out_of_range", "/spec/tune/space/0/low"),
        ({"tune": space(name="lambda_l2", low=0, log=True)}, "log_not_positive", "/spec/tune/space/0/low"),
        ({"tune": space(high=None)}, "required", "/spec/tune/space/0/high"),
        ({"tune": space(name="speed")}, "unknown_parameter", "/spec/tune/space/0/name"),
        ({"tune": space(kind="categorical")}, "empty_space", "/spec/tune/space/0/choices"),
        ({"tune": space(name="num_leaves", low=2, high=9)}, "wrong_kind", "/spec/tune/space/0/kind"),
        ({"trainer": "historical_mean", "tune": {}}, "empty_space", "/spec/tune/space"),
        ({"tune": {"trails": 3}}, "unknown_field", "/spec/tune/trails"),
        ({"device": "gpu"}, "device_unsupported", "/spec/device"),
        ({"device": "tpu"}, "invalid_value", "/spec/device"),
        ({"trainer": "neural_network", "params": {"layers": 0}}, "out_of_range", "/spec/params/layers"),
    ],
)
def test_a_wrong_spec_is_refused(start, spec, code, pointer):
    answer = start("wrong", **spec)
    assert answer.status_code == 422, answer.content
    assert (answer.json()["errors"][0]["code"], answer.json()["errors"][0]["pointer"]) == (code, pointer)
    assert not Job.objects.exists()


def test_a_training_set_that_is_not_there_is_named(start):
    answer = start("lost", training_set="nothing")
    assert answer.status_code == 404
    assert "nothing" in answer.json()["detail"]


def test_a_deleted_training_set_is_gone(start, training_set):
    training_set.soft_delete()
    answer = start("late", training_set=training_set.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_gone")


def test_a_taken_name_is_refused(start):
    assert start("same").status_code == 202
    answer = start("same")
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_grouping_by_a_column_that_is_not_there_is_refused(start):
    answer = start("wrong", trainer="historical_mean", params={"by": ["colour"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_column")


def test_a_study_without_a_space_searches_the_ready_one(start):
    body = start("tuned", tune={"trials": 3}).json()
    assert len(body["study"]["spec"]["space"]) >= 5
