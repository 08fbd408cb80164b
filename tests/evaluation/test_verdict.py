"""Verdicts: the right answer, and a sentence a person can act on."""

from dataclasses import replace

import pytest

from headstart.evaluation.intervals import Interval
from headstart.evaluation.verdict import Evidence, Rival, more_seeds_to_part, overall, verdict, visible_gain
from headstart.training.tasks.classify.answer import METRICS as CLASSES
from headstart.training.tasks.regress.answer import METRICS as VALUES


def interval(value, low, high, *, seeds=5, seed_error: float | None = 0.004):
    return Interval(value, low, high, seeds, 2000, 0.003, seed_error)


def evidence(over_scratch, over_baseline, *, labels: int | None = 100, score="accuracy", value=(0.756, 0.741, 0.770)):
    return Evidence(
        labels=labels,
        metric=next(metric for metric in (*CLASSES, *VALUES) if metric.name == score),
        score=interval(*value),
        rivals=(
            Rival("scratch", "the same network from scratch", over_scratch),
            Rival("baseline", "logistic regression on raw pixels", over_baseline),
        ),
    )


GAIN, MORE = interval(0.046, 0.031, 0.060), interval(0.058, 0.041, 0.075)
NONE, UNSURE = interval(0.001, -0.004, 0.006), interval(0.02, -0.01, 0.05, seed_error=0.01)


def test_two_clear_gains_are_worth_it_in_the_promised_words():
    answer = verdict(evidence(GAIN, MORE))
    assert answer.verdict == "worth it"
    assert answer.more_seeds is None
    assert answer.sentence == (
        "With 100 labels the head start scores 0.756 [0.741, 0.770], 4.6 points [3.1, 6.0] above the same network from "
        "scratch and 5.8 [4.1, 7.5] above logistic regression on raw pixels: worth it."
    )


def test_a_gain_over_scratch_alone_is_not_worth_it_and_the_rival_is_named():
    answer = verdict(evidence(GAIN, NONE))
    assert answer.verdict == "not worth it"
    assert answer.sentence.endswith("not worth it, because logistic regression on raw pixels does as well.")


@pytest.mark.parametrize(("arm", "words"), [("fresh", "fresh weights"), ("raw", "the raw input")])
def test_where_only_the_tuning_pays_the_sentence_says_so(arm: str, words: str):
    one = evidence(GAIN, MORE)
    answer = verdict(replace(one, rivals=(*one.rivals, Rival(arm, f"the same tuning of {words}", NONE))))
    assert answer.verdict == "not worth it"
    assert "0.1 [-0.4, 0.6] above the same tuning of" in answer.sentence
    assert answer.sentence.endswith("does as well: the tuning pays, the pretraining adds nothing.")


def test_the_closest_rival_is_told_beside_scratch():
    one = evidence(GAIN, MORE)
    answer = verdict(replace(one, rivals=(*one.rivals, Rival("fresh", "fresh weights", interval(0.03, 0.02, 0.04)))))
    assert answer.verdict == "worth it"
    assert "from scratch and 3.0 [2.0, 4.0] above fresh weights: worth it" in answer.sentence


WORSE = interval(-0.031, -0.045, -0.017)


def test_a_start_that_surely_does_harm_is_called_negative_transfer():
    one = evidence(GAIN, MORE)
    direct = Rival("against direct", "runs/direct", WORSE, without=True)
    answer = verdict(replace(one, rivals=(*one.rivals, direct)))
    assert answer.verdict == "not worth it"
    assert answer.sentence.endswith(
        "because runs/direct does better; negative transfer: 3.1 points [1.7, 4.5] below runs/direct."
    )
    two = [replace(evidence(GAIN, MORE, labels=count), rivals=(*one.rivals, direct)) for count in (20, 100)]
    assert "; negative transfer with 20 and 100 labels: 3.1 points [1.7, 4.5] below" in overall(two).sentence


def test_a_rival_that_learned_elsewhere_or_too_few_seeds_are_no_negative_transfer():
    one, unsure = evidence(GAIN, MORE), interval(-0.01, -0.03, 0.01)
    few = interval(-0.031, -0.045, -0.017, seeds=2)
    for rival in (Rival("against x", "x", WORSE), Rival("fresh", "f", unsure, True), Rival("fresh", "f", few, True)):
        assert "negative transfer" not in verdict(replace(one, rivals=(*one.rivals, rival))).sentence


def test_two_seeds_cannot_tell():
    few = interval(0.05, 0.03, 0.07, seeds=2)
    answer = verdict(evidence(few, few))
    assert answer.verdict == "cannot tell yet"
    assert "2 seeds do not show the luck of the draw, run 3 more" in answer.sentence


def test_one_lucky_look_of_four_is_not_worth_it():
    """A gain whose interval just leaves zero holds alone, and not as the best of four."""
    lucky = interval(0.03, 0.001, 0.059)
    assert verdict(evidence(lucky, MORE)).verdict == "worth it"
    others = [evidence(UNSURE, UNSURE, labels=count) for count in (20, 30, 40)]
    assert overall([evidence(lucky, MORE, labels=10), *others]).verdict == "cannot tell yet"
    assert overall([evidence(GAIN, MORE, labels=10), *others]).verdict == "worth it"


def test_a_loss_reads_as_below():
    answer = verdict(evidence(interval(-0.03, -0.05, -0.01), GAIN))
    assert answer.verdict == "not worth it"
    assert "3.0 points [1.0, 5.0] below the same network from scratch" in answer.sentence
    assert answer.sentence.endswith("because training from scratch does better.")


def test_an_interval_over_zero_cannot_tell_yet_and_asks_for_seeds():
    answer = verdict(evidence(UNSURE, MORE))
    assert answer.verdict == "cannot tell yet"
    assert answer.more_seeds is not None
    assert f"about {answer.more_seeds} more seed" in answer.sentence


def test_one_seed_cannot_tell():
    single = interval(0.05, 0.03, 0.07, seeds=1, seed_error=None)
    answer = verdict(evidence(single, single))
    assert (answer.verdict, answer.more_seeds) == ("cannot tell yet", 4)
    assert "luck of the draw" in answer.sentence


def test_more_seeds_do_not_help_where_rows_are_too_few():
    blurred = Interval(0.02, -0.04, 0.08, 5, 60, 0.03, 0.002)
    answer = verdict(evidence(blurred, MORE))
    assert answer.more_seeds is None
    assert "60 test rows are too few" in answer.sentence


def test_the_seeds_asked_for_do_part_the_interval():
    more = more_seeds_to_part(UNSURE, 0.01)
    assert more is not None
    assert more_seeds_to_part(replace(UNSURE, seed_error=0.02), 0.01) is None or more < (
        more_seeds_to_part(replace(UNSURE, seed_error=0.02), 0.01) or 0
    )


def test_a_gain_in_rmse_reads_as_lower():
    answer = verdict(evidence(interval(0.10, 0.05, 0.15), interval(0.2, 0.1, 0.3), score="rmse", value=(1.5, 1.4, 1.6)))
    assert answer.verdict == "worth it"
    assert (
        "scores 1.500 [1.400, 1.600] rmse, 0.100 [0.050, 0.150] lower (better) than the same network" in answer.sentence
    )


def test_the_smallest_gain_in_rmse_is_a_share_of_the_scratch_score():
    big = interval(5.0, 2.0, 8.0)
    assert verdict(evidence(big, big, score="rmse", value=(1000, 990, 1010))).verdict == "not worth it"
    assert verdict(evidence(big, big, score="rmse", value=(100, 99, 101))).verdict == "worth it"


def test_several_budgets_say_where_it_pays():
    answer = overall(
        [evidence(GAIN, MORE, labels=10), evidence(MORE, GAIN, labels=100), evidence(NONE, NONE, labels=1000)]
    )
    assert answer.verdict == "worth it"
    assert "worth it with 10 and 100 labels, not worth it with 1,000 labels" in answer.sentence
    assert "With 10 labels the head start scores" in answer.sentence  # the first planned, not the luckiest


def test_several_budgets_that_never_pay_say_so():
    answer = overall([evidence(NONE, NONE, labels=10), evidence(NONE, NONE, labels=None)])
    assert answer.verdict == "not worth it"
    assert "not worth it at any number of labels tried" in answer.sentence


def test_several_budgets_without_an_answer_name_the_nearest():
    answer = overall([evidence(UNSURE, UNSURE, labels=10), evidence(NONE, NONE, labels=100)])
    assert answer.verdict == "cannot tell yet"
    assert answer.more_seeds == more_seeds_to_part(UNSURE, 0.01, looks=2)
    assert "not worth it with 100 labels" in answer.sentence


@pytest.mark.parametrize("labels", [1, None])
def test_the_number_of_labels_reads_naturally(labels):
    sentence = verdict(evidence(GAIN, MORE, labels=labels)).sentence
    assert sentence.startswith("With 1 label the" if labels else "With all labels the")


def test_the_gain_that_can_be_seen_is_near_what_was_simulated():
    """Power of 80 %, with few labels: 200 rows and 3 seeds saw 10 points in 48 %, 1,000 and 5 saw 5 in 59, 10 in 98."""
    assert 0.10 < visible_gain(200, 3, 1) < 0.2
    assert 0.05 < visible_gain(1_000, 5, 1) < 0.10
    assert visible_gain(1_000, 5, 4) > visible_gain(1_000, 5, 1) > visible_gain(1_000, 10, 1)
