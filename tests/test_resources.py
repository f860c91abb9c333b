"""Quantities, durations, retries."""

from __future__ import annotations

import pytest

from tao_kfp.errors import StepError
from tao_kfp.resources import Retry, cpu, memory, seconds


@pytest.mark.parametrize(("value", "text"), [(2, "2"), (0.5, "0.5"), ("500m", "500m"), (".5", ".5")])
def test_a_cpu_quantity(value, text):
    assert cpu(value) == text


@pytest.mark.parametrize(("value", "text"), [("16Gi", "16Gi"), ("8G", "8G"), (1024, "1024"), ("4000Mi", "4000Mi")])
def test_a_memory_quantity(value, text):
    assert memory(value) == text


@pytest.mark.parametrize(
    ("value", "total"), [(60, 60), ("60", 60), ("90s", 90), ("30m", 1800), ("12h", 43200), ("2d", 172800)]
)
def test_a_duration(value, total):
    assert seconds(value) == total


@pytest.mark.parametrize("wrong", ["", "x", "-1", "1.5h", 0, True, "1 hour"])
def test_a_wrong_duration_is_refused(wrong):
    with pytest.raises(StepError):
        seconds(wrong)


@pytest.mark.parametrize("wrong", ["8 Gi", "1.5Gi", "Gi", "-1", "8gb", "64k", ""])
def test_a_wrong_memory_quantity_is_refused(wrong):
    with pytest.raises(StepError):
        memory(wrong)


@pytest.mark.parametrize(
    "wrong",
    [Retry(-1), Retry(True), Retry(2, backoff="x"), Retry(2, factor=1.5), Retry(2, factor=0), Retry(2, policy="Never")],
)
def test_a_wrong_retry_is_refused(wrong):
    with pytest.raises(StepError):
        wrong.check()
