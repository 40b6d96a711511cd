"""The median rule."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bottega_platform.runs.pruning import verdict

GOOD = [(10, 0.7), (20, 0.8), (30, 0.85)]
BAD = [(10, 0.5), (20, 0.55), (30, 0.56)]


def should_prune(**asked):
    return verdict(**asked).prune


def test_a_trial_below_the_median_of_completed_ones_is_pruned():
    assert should_prune(reports=BAD, completed=[GOOD] * 4, direction="maximize")


def test_a_trial_as_good_as_the_median_goes_on():
    assert not should_prune(reports=GOOD, completed=[GOOD] * 4, direction="maximize")


def test_down_is_better_when_minimising():
    assert should_prune(reports=GOOD, completed=[BAD] * 4, direction="minimize")
    assert not should_prune(reports=BAD, completed=[GOOD] * 4, direction="minimize")


def test_nothing_is_pruned_before_enough_trials_were_completed_or_in_the_first_reports():
    assert not should_prune(reports=BAD, completed=[GOOD] * 3, direction="maximize")
    assert not should_prune(reports=BAD[:2], completed=[GOOD] * 4, direction="maximize")


def test_what_others_reached_later_does_not_count():
    late = [(10, 0.4), (20, 0.4), (30, 0.4), (40, 0.99)]
    assert not should_prune(reports=BAD, completed=[late] * 5, direction="maximize")


def test_a_trial_that_stopped_early_counts_with_its_best():
    assert should_prune(reports=BAD, completed=[GOOD[:1]] * 4, direction="maximize")


def test_the_reason_names_both_sides():
    found = verdict(reports=BAD, completed=[GOOD] * 4, direction="maximize")
    assert found.reason == "its best up to step 30 is 0.56000, worse than the median 0.85000 of 4 completed trials"
    assert verdict(reports=BAD[:1], completed=[], direction="maximize").reason.startswith("its first 2 reports")
    assert verdict(reports=BAD, completed=[GOOD], direction="maximize").reason.startswith("only 1 trials")


series = st.lists(st.floats(0, 1), min_size=3, max_size=8).map(
    lambda values: [(10 * place, value) for place, value in enumerate(values, start=1)]
)


@settings(deadline=None)
@given(st.lists(series, min_size=4, max_size=9), st.sampled_from(["maximize", "minimize"]))
def test_the_best_of_all_is_never_pruned(all_series, direction):
    best = max if direction == "maximize" else min
    top = best(value for reports in all_series for _, value in reports)
    assert not should_prune(reports=[(10, top), (20, top), (30, top)], completed=all_series, direction=direction)
