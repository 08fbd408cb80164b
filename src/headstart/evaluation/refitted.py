"""Test rows in order of time, each period answered by a model that is fitted anew on what lay before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headstart.assemble import Parts, finetuning, spread
from headstart.assemble.rows import Only
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.evaluation.over_time import walk
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor


def walked(parts: Parts, predictor: Predictor, evaluation: Evaluation) -> Evaluation:
    """The evaluation, whose walk is one with refits where the task asks for them.

    Every period of the test part is answered as if the same run had been made at its beginning: it learns from train
    rows up to then, and looks at as much time before that as the valid part has. Scales stay those of the train part.
    Only heads in closed form are fitted anew; a run in steps is told not to be.
    """
    task, store = predictor.task, parts.store
    found = task.over_time(evaluation.answers, evaluation.examples) if task.refits else None
    if found is None or evaluation.split != "test":
        return evaluation
    assert parts.tuning is not None
    if not parts.tuning.closed_form or parts.recipe.labels is not None:
        why = "the walk is not refitted: that is for models in closed form that use all train rows"
        return replace(evaluation, warnings=[*evaluation.warnings, why])
    rows, answers, records = evaluation.rows, list(evaluation.answers), _Records(store)
    periods = np.array(found.of_rows)
    names = list(dict.fromkeys(found.periods))
    for period in names:
        asked = np.flatnonzero(periods == period)
        learned, checked = records.before(rows[asked])
        if len(learned) < 2:
            continue
        only = Only(learned, np.empty(0, np.int64))
        anew = finetuning(parts.recipe, None, device=parts.device, store=store, only=only)
        model = Predictor(anew.modality, anew.trainee, device=anew.device)
        learn_task(anew, model, spread(checked))
        for place, answer in zip(asked, model.answers(store, rows[asked]), strict=True):
            answers[place] = answer
    timed = task.over_time(answers, evaluation.examples)
    assert timed is not None
    return replace(evaluation, walk=walk(timed, parts.recipe.seed, refits=len(names)))


class _Records:
    """The rows of a store by the records whose moments they are."""

    def __init__(self, store: Store) -> None:
        places = store.places_of(np.arange(sum(store.splits.values())))
        assert places is not None, "answers in order of time are of rows that are moments"
        self._places, self._ahead = places, store.ahead
        self._record = np.cumsum(places == 0) - 1
        self._usable = np.concatenate([store.rows(split) for split in store.splits])
        self._test = self._first(store.rows("test"))
        valid = self._first(store.rows("valid")) if "valid" in store.splits else self._test
        self._checked = np.maximum(0, self._test - valid)  # steps of each record

    def _first(self, rows: np.ndarray) -> np.ndarray:
        """The first place of these rows in each record; 0 where there is none."""
        found = np.full(self._record[-1] + 1, np.iinfo(np.int64).max)
        np.minimum.at(found, self._record[rows], self._places[rows])
        return np.where(found == np.iinfo(np.int64).max, 0, found)

    def before(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows that are over before any of these begins, to learn from, and those after them, to look at. Of records
        that have none of these rows, what lies before the test part."""
        begin = self._first(rows)
        begin = np.where(begin == 0, self._test, begin)
        places, record = self._places[self._usable], self._record[self._usable]
        edge = (begin - self._checked)[record]
        over = places + self._ahead
        return self._usable[over <= edge], self._usable[(places >= edge) & (over <= begin[record])]
