"""A setting that cannot be used is named."""

import pytest

from bottega_serving.settings import SettingsError, from_environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOTTEGA_SERVING_PORT", "eighty"),
        ("BOTTEGA_SERVING_WORKERS", "-1"),
        ("BOTTEGA_SERVING_MAX_ROWS", "1e3"),
        ("BOTTEGA_SERVING_READ_TIMEOUT", "soon"),
        ("BOTTEGA_SERVING_IDLE_TIMEOUT", "-0.5"),
        ("BOTTEGA_SERVING_FEATURE_BUDGET", "nan"),
        ("BOTTEGA_SERVING_DRAIN", "inf"),
    ],
)
def test_a_number_that_cannot_be_used_is_named(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        from_environment({"BOTTEGA_HOME": str(tmp_path), name: value})
