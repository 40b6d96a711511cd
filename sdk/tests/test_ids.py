import itertools

from hypothesis import given
from hypothesis import strategies as st

from bottega.ids import ID_PATTERN, PREFIXES, SLUG_PATTERN, encode_moment, moment_of, new_id


@given(st.sampled_from(sorted(PREFIXES)), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_has_its_prefix_and_the_documented_shape(kind: str, milliseconds: int, entropy: bytes) -> None:
    identifier = new_id(kind, clock=lambda: milliseconds / 1000, entropy=lambda _: entropy)
    assert identifier.startswith(PREFIXES[kind] + "_")
    assert ID_PATTERN.match(identifier)


def test_ids_sort_by_the_time_they_were_made() -> None:
    ticks = itertools.count(1_700_000_000)
    made = [new_id("job", clock=lambda: next(ticks)) for _ in range(100)]
    assert made == sorted(made)


def test_a_slug_has_no_dot_because_an_endpoint_is_addressed_as_project_dot_name() -> None:
    assert SLUG_PATTERN.match("delay_features")
    assert not SLUG_PATTERN.match("a.b")
    assert not SLUG_PATTERN.match("../a")


@given(st.integers(0, 2**48 - 1))
def test_an_id_tells_when_it_was_made_and_other_texts_do_not(milliseconds: int) -> None:
    identifier = new_id("request", clock=lambda: milliseconds / 1000 + 0.0002)
    assert moment_of(identifier) == milliseconds
    assert identifier.removeprefix("req_").startswith(encode_moment(milliseconds))
    assert moment_of("order-4711") is None
