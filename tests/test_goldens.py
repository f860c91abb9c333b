"""The whole package of each pipeline and target. `pytest tests/test_goldens.py --regenerate` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from packages import PIPELINES, graph

from tao_kfp.targets import render

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("target", ["kfp", "argo"])
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_package_is_the_golden_one(pipeline, target, pytestconfig):
    text = render(graph(pipeline), target).text
    golden = GOLDENS / f"{pipeline}.{target}.yaml"
    if pytestconfig.getoption("--regenerate"):
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text
