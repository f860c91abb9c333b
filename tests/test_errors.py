"""How an error reads."""

from __future__ import annotations

from tao_kfp.errors import StepError


def test_an_error_says_where_what_and_how_in_one_line():
    error = StepError("the path is\nempty", fix="give one", pipeline="p", step="train", argument="spec", where="p.py:3")
    assert str(error) == "pipeline 'p', step 'train', argument 'spec', p.py:3: the path is empty; give one"


def test_a_place_that_is_known_is_not_overwritten():
    error = StepError("wrong", step="inner").at(step="outer", pipeline="p")
    assert str(error) == "pipeline 'p', step 'inner': wrong"


def test_a_marker_of_a_run_parameter_reads_as_its_name():
    assert str(StepError("the path '\0{spec}\0/a' is odd")) == "the path '{spec}/a' is odd"
