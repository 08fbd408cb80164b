"""Regression: one number, or several, a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Plain, Row, RowTask, Step
from headstart.core.contracts.choice import Suits
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.errors import DataError
from headstart.data.labels.numbers import could_be_both
from headstart.training.conformal import covered, reach
from headstart.training.heads import HeadProbe, build_head, by_member, classics
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.solve import fit_values
from headstart.training.target_scale import LogScale, log_settings, rank_agreement
from headstart.training.tasks.regress.answer import Values, numbers_in
from headstart.training.twins import Agree, Twins
from headstart.training.words.sparse_features import Wanted, row_features

_CLASSES = 50  # whole numbers with no more different values than this are rather classes
Headline = Literal["rmse", "mae", "spearman"]
LOSSES = {"mse": functional.mse_loss, "mae": functional.l1_loss, "huber": functional.smooth_l1_loss}


class _Probe(HeadProbe):
    task: Regress

    @property
    def form(self) -> Literal["values"]:
        return "values"

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        return fit_values(features, targets, seed=seed)


class Regress(RowTask):
    """Predict a number, or several, for each row; learns on standardised targets, answers in the target's unit.

    mean, std  of the train split's targets, one each an output (found there unless given)
    scale      what the model learns: the targets ("plain") or their logarithms ("log": where effects multiply, as those
               of mutations do; "auto": the logarithms where most targets are near the lowest)
    logs       of each output the lowest target and the mean and deviation of log((target - lowest) / std + 1/25),
               found unless given; () where targets are spread evenly
    interval   share of the rows whose target is to lie between `low` and `high` of the answer, as far as held-out rows
               are like them (0: answers have neither)
    rank       answers also have a `rank`: the share of the train targets that lie below the value
    headline   the score that is asked about first; "spearman" where only the order of rows counts
    sparse     add a linear map of sparse features, such as n-grams of texts or k-mers of sequences, to the head
               ("auto": where the network gives no vectors)
    twins      answer for the mean of a row and its other form that means the same, as the other strand of DNA with
               modality.strands=both
    agree      weight in training of how far the outputs for both forms are apart; both are learned then
    layers     read the means of inner layers beside the network's summary, where it hands them out
    """

    probe = _Probe
    baseline = LinearBaseline
    younger = frozenset({"reach"})
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear", "boosting")

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        mean: Sequence[float] = (0.0,),
        std: Sequence[float] = (1.0,),
        loss: Literal["mse", "mae", "huber"] = "mse",
        scale: Literal["auto", "plain", "log"] = "plain",
        logs: Sequence[Sequence[float]] = (),
        interval: Share = 0.9,
        rank: bool = False,
        headline: Headline = "rmse",
        hidden: Few = 0,
        dropout: Share = 0.0,
        sparse: Wanted = "auto",
        twins: bool = True,
        agree: Agree = "auto",
        layers: bool = False,
    ) -> None:
        super().__init__(backbone, augment)
        self.loss, self.headline, self.interval, self.inner_layers = loss, headline, interval, layers
        self.scaling = LogScale.of(std, logs) if scale == "log" or (scale == "auto" and logs) else None
        self.answer = Values(mean, std, self.scaling)
        self.sparse = row_features(sparse, backbone, augment.modality, len(mean))
        self.size = len(mean)
        self.head = build_head(
            backbone, sample, augment, self.size, hidden=hidden, dropout=dropout, sparse=self.sparse, layers=layers
        )
        self.twins = Twins(augment, backbone, sample, wanted=twins, agree=agree, layers=layers)
        self.agree, self.manner = self.twins.agree, self.twins.manner
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32), persistent=False)
        self.register_buffer("reach", torch.full((len(mean),), -1.0))  # of learned targets; -1 where it is not known
        self.register_buffer("percentiles", torch.zeros(101, len(mean)) if rank else None)  # of train targets
        self.percentiles: Tensor | None
        self.mean: Tensor
        self.std: Tensor
        self.reach: Tensor

    @classmethod
    def fits(cls, labels: Sequence[Any]) -> Suits | None:
        """Numbers with a fraction, or more of them than there would be classes."""
        if could_be_both(labels):
            return Suits(1, "the labels are texts of numbers with a fraction")
        flat = [one for label in labels for one in (label if isinstance(label, list | tuple) else [label])]
        if not flat or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in flat):
            return None
        whole, distinct = all(float(one).is_integer() for one in flat), len(set(flat))
        if whole and distinct <= _CLASSES:
            return None
        return Suits(1, f"the labels are numbers with {distinct} different values")

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        values = np.array([numbers_in(label, "") for label in labels if label is not None])
        if len(values) == 0:
            raise DataError(403, "regression needs targets", found="no labelled row", fix="name the column by --target")
        spread = values.std(0)
        std = np.where(spread > 1e-12, spread, 1.0)
        logs = log_settings(values, std)
        return {"mean": values.mean(0).tolist(), "std": std.tolist()} | ({"logs": logs} if logs else {})

    @classmethod
    def advised(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"backbone.outputs": len(settings["mean"])}

    def label(self, example: Example, row: Row) -> Columns:
        value = np.asarray(numbers_in(example["label"], str(example.get("origin", ""))), np.float32)
        if self.scaling is not None:
            return {"y": self.scaling.enter(value)}
        return {"y": (value - self.mean.cpu().numpy()) / self.std.cpu().numpy()}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.seen(backbone, self.augment(batch)), batch["y"]

    def seen(self, backbone: Backbone, ready: Batch) -> Tensor:
        return self.twins.seen(backbone, ready, self.sparse, training=self.training)

    def apart(self, features: Tensor, others: Tensor) -> Tensor:
        return (self.head(features) - self.head(others)).float().square().mean()

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        predicted = self.head(features).float()  # [B, K], standardised
        targets = by_member(targets, predicted)
        error = (self._leave(predicted) - self._leave(targets)).square().mean().sqrt()
        return Step(LOSSES[self.loss](predicted, targets), {"rmse": error.detach()})

    def meet(self, labels: Sequence[Any]) -> None:
        if self.percentiles is not None:
            values = np.array([numbers_in(label, "") for label in labels if label is not None])
            self.percentiles.copy_(torch.from_numpy(np.percentile(values, np.arange(101), axis=0)))

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """From errors of what it learns: logarithms, where it learns these."""
        seen = [self.examine(backbone, batch) for batch in batches] if self.interval else []
        errors = [(self.head(features).float() - targets).cpu().numpy() for features, targets in seen]
        found = reach(np.concatenate(errors), self.interval) if errors else None
        self.reach.copy_(torch.full_like(self.reach, -1.0) if found is None else torch.from_numpy(found))

    def say(self, features: Tensor) -> list[dict[str, Any]]:
        return self.bounded(self.head(features).float())

    def bounded(self, outputs: Tensor) -> list[dict[str, Any]]:
        """Answers with their `low` and `high`, where these are known."""
        answers = [self._ranked(answer) for answer in self.decode(outputs)]
        if not self.interval or bool((self.reach < 0).any()):
            return answers
        sides = [self.decode(outputs + sign * self.reach) for sign in (-1, 1)]
        return [{**one, "low": low["value"], "high": high["value"]}
                for one, low, high in zip(answers, *sides, strict=True)]  # fmt: skip

    def _ranked(self, answer: dict[str, Any]) -> dict[str, Any]:
        if self.percentiles is None:
            return answer
        pairs = zip(np.atleast_1d(answer["value"]), self.percentiles.T.cpu().numpy(), strict=True)
        ranks = [float(np.interp(value, of, np.arange(101) / 100)) for value, of in pairs]
        return {**answer, "rank": ranks[0] if len(ranks) == 1 else ranks}

    def plain(self, features: Tensor) -> Tensor:
        return self._leave(self.head(features).float())  # [B, K]

    def _leave(self, outputs: Tensor) -> Tensor:
        """Outputs of the head [n, K] -> in the unit of the target."""
        return outputs * self.std + self.mean if self.scaling is None else self.scaling.leave(outputs)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """Outputs of the head [n, K], standardised -> answers."""
        values = self._leave(outputs.float()).cpu().tolist()  # [n, K] in the target's unit
        return [{"value": row[0] if len(row) == 1 else row} for row in values]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        truth, said = _truth(examples), _said(answers)
        if not answers or not all("low" in answer for answer in answers):
            return lambda rows: self._scores(truth[rows], said[rows])
        low, high = (_said(answers, side) for side in ("low", "high"))
        return lambda rows: self._scores(truth[rows], said[rows]) | covered(truth[rows], low[rows], high[rows])

    def _scores(self, truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
        """Scores of targets and answers, [n, K] each."""
        from scipy.stats import spearmanr

        error = truth - said
        mse = float((error**2).mean())
        scores = {"rmse": float(np.sqrt(mse)), "mae": float(np.abs(error).mean()), "mse": mse}
        if len(truth) > 1 and (np.ptp(truth, axis=0) > 0).all():  # no share of a variance that there is not
            scores["r2"] = float((1 - (error**2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)).mean())
        if len(truth) > 2 and truth.shape[1] == 1 and np.ptp(truth) > 0 and np.ptp(said) > 0:
            scores["spearman"] = float(spearmanr(truth[:, 0], said[:, 0])[0])  # pyright: ignore[reportArgumentType, reportIndexIssue]
        elif self.headline == "spearman":
            scores["spearman"] = float(rank_agreement(truth, said).mean())
        return {self.headline: scores[self.headline], **scores}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        truth, said = _truth(examples), _said(answers)
        if self.headline == "spearman":
            return rank_agreement(truth, said)
        return -(np.abs(truth - said) if self.headline == "mae" else (truth - said) ** 2).mean(1)

    def constant(self, examples: Sequence[Example]) -> float:
        truth = _truth(examples)
        middle = np.median(truth, 0) if self.headline == "mae" else truth.mean(0)
        return float(self.row_scores([{"value": middle.tolist()}] * len(truth), examples).mean())


def _truth(examples: Sequence[Example]) -> np.ndarray:
    return np.array([numbers_in(example["label"], str(example.get("origin", ""))) for example in examples])


def _said(answers: Sequence[Mapping[str, Any]], side: str = "value") -> np.ndarray:
    values = np.array([answer[side] for answer in answers], np.float64)
    return values.reshape(len(answers), -1)  # [n, K]
