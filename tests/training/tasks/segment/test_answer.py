"""Masks drawn on pictures, and told in a line."""

from __future__ import annotations

import numpy as np
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.annotations import packed
from headstart.data.modalities.image.image import Image as Pictures
from headstart.training.tasks.segment.answer import Masks

ANSWER = Masks(("background", "object"), (), -1, objects=True)


def modality(side: int) -> Pictures:
    made = Pictures(fit="stretch")
    made.fit([{"input": np.zeros((side, side), np.uint8)}], Budget())
    return made


def test_borders_of_answer_and_truth_are_drawn_in_their_colours() -> None:
    told, truth = np.zeros((8, 8), int), np.zeros((8, 8), int)
    told[1:4, 1:4] = truth[1:4, 1:7] = 1
    drawn = np.asarray(
        ANSWER.draw(Image.new("L", (8, 8), 50), {"mask": packed(told)}, {"label": {"mask": packed(truth)}}, modality(8))
    )
    assert drawn[1, 1].tolist() == [255, 255, 255]  # both
    assert drawn[2, 3].tolist() == [255, 120, 0]  # the answer alone
    assert drawn[2, 6].tolist() == [0, 160, 255]  # the truth alone
    assert drawn[2, 2].tolist() == drawn[7, 7].tolist() == [50, 50, 50]  # within, and outside
    alone = np.asarray(ANSWER.draw(Image.new("L", (8, 8)), {"mask": packed(told)}, {"label": None}, modality(8)))
    assert alone[..., 2].max() == 0  # no blue: no truth


def test_objects_that_touch_are_parted_by_a_line_and_large_masks_are_laid_on_small_pictures() -> None:
    told = np.ones((16, 16), int)
    told[:, 8:] = 2
    drawn = np.asarray(ANSWER.draw(Image.new("L", (8, 8)), {"mask": packed(told)}, {"label": None}, modality(8)))
    assert drawn[4, :, 0].tolist() == [0, 0, 0, 255, 255, 0, 0, 0]


def test_masks_are_told_by_their_shares() -> None:
    answer = {"mask": "", "classes": {"background": 0.75, "object": 0.25}, "objects": 1200}
    assert ANSWER.line(answer, ()) == "background 75.0%, object 25.0%, 1,200 objects"
    assert ANSWER.line({"label": {"mask": packed(np.array([[0, 0, 0, 7]]))}}, ()) == "object 25.0%, 1 objects"
    plain = Masks(("road", "tree"), (0, 7), -1, objects=False)
    assert plain.line({"label": {"mask": packed(np.array([[0, 0, 0, 7]]))}}, ()) == "0: 75.0%, 7: 25.0%"
    assert ANSWER.line({"label": {"mask": packed(np.arange(20)[None])}}, ()) == "object 95.0%, 19 objects"
