"""Imitation: what a demonstrator does now and in the steps to come, from what was observed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.needs import Needs
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.errors import ContractError
from headstart.models.nn.sizes import summary_width
from headstart.training.heads import HeadProbe, classics, layered
from headstart.training.tasks.imitate.answer import ActionAnswer
from headstart.training.tasks.imitate.baseline import OtherRidge, WindowRidge
from headstart.training.tasks.imitate.choosing import chosen
from headstart.training.tasks.imitate.episodes import Episodes, Targets, lines_of
from headstart.training.tasks.imitate.logistic import fit_choices
from headstart.training.tasks.imitate.ridge import fit_actions
from headstart.training.tasks.imitate.scores import F1, errors_of, hits_of, macro_f1, truth_of

ANSWERING = {"model": "the model", "stay": "the place that is observed now", "mean": "the mean action",
             "last": "the action before"}  # fmt: skip
WHO = tuple(ANSWERING)
_SURE = 30.0  # logit of an action that is repeated
_MANY = 2000  # rows from which a network is learned


class _Probe(HeadProbe):
    task: Imitate

    def fit(self, features: np.ndarray, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:  # pyright: ignore[reportIncompatibleMethodOverride]
        form = self.task.episodes.form
        told = Targets.of(targets, len(form.acts))
        if form.discrete:
            return fit_choices(features, told.done[..., 0], told.episode, form.discrete)
        change = (told.done - told.base[:, None]).reshape(len(features), -1)
        return fit_actions(features, change, told.episode)

    def decisions(self, modality: Modality, learned: Columns, targets: Columns) -> np.ndarray:
        return lines_of(modality.collate(learned)).numpy()

    def regroup(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        batch = modality.collate(asked)
        return self.task.decode(self.task.whole(outputs.float(), batch["base"]))

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        raise ContractError(870, "actions are told with what is observed", fix="use predict")


class Imitate(Task):
    """Say what is done now and in the steps to come, as in recorded episodes (behaviour cloning), as one chunk.

    answers  who answers: "model"; "stay", the places that are observed now, where actions are places; "mean", the mean
             or most frequent action; "last", the action before, where these are read. "auto" is the model if it is
             better on valid episodes by more than chance, else the best of the others
    hidden   a layer between the network's vectors and the actions, 0 for none

    Quantities are learned in deviations of train steps, places as their change from the one observed now. The headline
    `nmse` is the squared error at the last step of the horizon as a share of an action's variance in train steps,
    `nmse_now`, `nmse_0.5s` and `nmse_1s` the same earlier. Of discrete actions `accuracy` is that of the action now.
    Beside them stand the scores of answers without a model, and of one ridge on the window with and without the actions
    before: how much better it is with them (the copycat gap) is what a model gains by repeating, which does not help it
    to act (de Haan et al. 2019).
    """

    modality: ClassVar[str] = "trajectory"
    needs = Needs(layouts=frozenset({"grid"}))
    needs_labels: ClassVar[bool] = False
    probe = _Probe
    baseline = WindowRidge
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear")
    # G1 teleoperation, one second ahead, last 20 of 100 episodes: linear .210, mlp so .146, mlp as it is .42. Noise of
    # .3 on what is read: .152, and in closed loop a tenth to a third of the success (docs/decisions.md)
    advice: ClassVar[Mapping[str, Any]] = {
        "backbone.widths": (256, 256), "backbone.activation": "gelu", "backbone.last_activation": True,
        "backbone.dropout": 0.5, "augment.noise": 0.0, "plan.batch": 512, "plan.epochs": 15, "plan.min_steps": 1000,
        "plan.weight_decay": 1.0,
    }  # fmt: skip

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        answers: Literal["auto", "model", "stay", "mean", "last"] = "auto",
        hidden: Few = 0,
        dropout: Share = 0.0,
    ) -> None:
        super().__init__(backbone, augment)
        self.episodes: Episodes = augment.modality  # pyright: ignore[reportAttributeAccessIssue]
        form, scales = self.episodes.form, self.episodes.scales
        if not form.acts:
            raise ContractError(871, "episodes without actions", fix="name the columns that are done")
        there = {"stay": bool((scales.follows >= 0).any()), "mean": True, "last": self.episodes.actions}
        self.simple_ones = [who for who in WHO[1:] if there[who]]
        if answers not in ("auto", "model", *self.simple_ones):
            found, expected = answers, ", ".join(("auto", "model", *self.simple_ones))
            raise ContractError(872, "nobody can answer so here", where="task.answers", found=found, expected=expected,
                                fix="set task.answers=auto")  # fmt: skip
        self.asked = answers
        name = "without_actions" if self.episodes.actions else "with_actions"
        self.rivals = {name: OtherRidge} if self.episodes.before else {}
        self.answer = ActionAnswer(self.episodes)
        ready = augment.modality.ready(sample)
        self.beside = bool(list(backbone.parameters()))  # without weights its vectors are the window itself
        width = self.beside * ready["x"][0].numel() + summary_width(backbone, ready)
        self.each = form.discrete or len(form.acts)
        self.head = layered(width, self.episodes.after * self.each, hidden=hidden, dropout=dropout)
        self.register_buffer("answering", torch.tensor(WHO.index(answers) if answers in WHO else 0))
        self.answering: Tensor
        self.who = WHO[int(self.answering)]  # the same as a plain name, which an exported graph holds as such
        self.register_load_state_dict_post_hook(_take_over)

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        if about.rows < _MANY:
            return Choice("linear", "of few steps a linear map is learned, in closed form")
        return Choice("mlp", "a small network with much dropout and noise imitates better than a linear map")

    def label(self, example: Example, row: Row) -> Columns:
        return {}  # what is done is in the batch

    def features(self, backbone: Backbone, batch: Batch) -> Tensor:
        """The window, and behind it what a network makes of it, [B, F]."""
        ready = self.augment(batch)
        found = backbone.summary(backbone(ready))
        return torch.cat([ready["x"].flatten(1), found], 1) if self.beside else found

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.features(backbone, batch), lines_of(batch)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        acts = len(self.episodes.form.acts)
        done = targets[:, : -acts - 2].unflatten(1, (-1, acts))  # [B, H, A]
        known = done.isfinite().all(2)
        said = self.whole(self.head(features).float(), targets[:, -acts - 2 : -2])
        count = known.sum(1).clamp_min(1)
        if self.episodes.form.discrete:
            wanted = done[..., 0].nan_to_num().long()  # [B, H]
            losses = functional.cross_entropy(said.flatten(0, 1), wanted.flatten(), reduction="none").view_as(known)
            right = (said.argmax(2) == wanted) & known
            return Step(((losses * known).sum(1) / count).mean(), {"accuracy": (right.sum(1) / count).mean().detach()})
        off = ((said - done.nan_to_num()) * known[..., None]).square().mean(2)  # [B, H]
        return Step((off.sum(1) / count).mean(), {"nmse": (off.sum(1) / count).mean().detach()})

    def whole(self, outputs: Tensor, base: Tensor | None = None) -> Tensor:
        """What a head says [B, H * A] -> actions in deviations [B, H, A], or logits [B, H, K]."""
        found = outputs.unflatten(1, (self.episodes.after, self.each))
        return found if base is None or self.episodes.form.discrete else found + base[:, None]

    def simple(self, who: str, batch: Batch) -> Tensor:
        """The same of an answer without a model."""
        form, after = self.episodes.form, self.episodes.after
        blank = batch["base"].new_zeros(len(batch["x"]), after, self.each)
        if who == "stay":
            return blank + batch["base"][:, None]
        if who == "last":
            return blank + batch["x"][:, 0, len(form.observes) :, -1][:, None] * (_SURE if form.discrete else 1.0)
        if form.discrete:
            return blank + torch.from_numpy(np.log(self.episodes.scales.shares + 1e-6)).to(blank)
        return blank

    def said(self, backbone: Backbone, batch: Batch, who: str) -> Tensor:
        """By whoever answers."""
        if who != "model":
            return self.simple(who, batch)
        return self.whole(self.head(self.features(backbone, batch)).float(), batch["base"])

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Actions in their own units [B, H, A], or logits [B, H, K]."""
        return self._own(self.said(backbone, batch, self.who))

    def _own(self, said: Tensor) -> Tensor:
        form, scales = self.episodes.form, self.episodes.scales
        if form.discrete:
            return said
        mean, deviation = (
            torch.from_numpy(one[len(form.observes) :]).to(said) for one in (scales.mean, scales.deviation)
        )
        return said * deviation + mean

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return self.decode(self.said(backbone, batch, self.who))

    def decode(self, said: Tensor) -> list[dict[str, Any]]:
        """Actions in deviations, or logits -> {"actions": one list a step, the first of them now}; of discrete actions
        their numbers, and {"probabilities": of each now}."""
        if not self.episodes.form.discrete:
            return [{"actions": row} for row in self._own(said.detach().double()).cpu().tolist()]
        shares = said[:, 0].softmax(1).cpu().tolist()
        return [{"actions": row, "probabilities": share}
                for row, share in zip(said.argmax(2).cpu().tolist(), shares, strict=True)]  # fmt: skip

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Who answers, by valid episodes."""
        if self.asked != "auto":
            return
        losses: dict[str, list[np.ndarray]] = {who: [] for who in ("model", *self.simple_ones)}
        episode = list[np.ndarray]()
        with torch.no_grad():
            for batch in batches:
                targets = lines_of(batch)
                known = batch["known"].any(1).cpu().numpy()
                episode.append(batch["episode"].cpu().numpy()[known])
                for who, found in losses.items():
                    found.append(self._losses(self.said(backbone, batch, who), targets).cpu().numpy()[known])
        if not sum(map(len, episode)):
            return
        rows = {who: np.concatenate(found) for who, found in losses.items()}
        best = chosen(rows, np.concatenate(episode))
        told = "losses on valid episodes: " + ", ".join(
            f"{ANSWERING[who]} {one.mean():.3f}" for who, one in rows.items()
        )
        lost = f"the model is not better than {ANSWERING[best]}, which answers in its place; {told}"
        self.settled, self.cautions = ((f"the model answers; {told}",), ()) if best == "model" else ((), (lost,))
        self.answering.fill_(WHO.index(best))
        self.who = best

    def _losses(self, said: Tensor, targets: Tensor) -> Tensor:
        """Of each row [B], as it is judged."""
        acts = len(self.episodes.form.acts)
        done = targets[:, : -acts - 2].unflatten(1, (-1, acts))
        known = done.isfinite().all(2)
        if self.episodes.form.discrete:
            off = -said.log_softmax(2).gather(2, done.nan_to_num().long())[..., 0]
        else:
            off = (said - done.nan_to_num()).square().mean(2)
        return (off * known).sum(1) / known.sum(1).clamp_min(1)

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        found = self._rows(answers, examples)
        more = dict[str, tuple[np.ndarray, np.ndarray]]()
        if self.episodes.form.discrete:
            done = truth_of(examples, self.episodes)[0][..., 0]
            said = np.array([answer["actions"] for answer in answers], np.float64)
            more = {F1: (said[:, 0], done[:, 0]), f"{F1}_last": (said[:, -1], done[:, -1])}
        return lambda rows: (
            {name: self.answer.metric(name).of(values[rows]) for name, values in found.items()}
            | {name: macro_f1(said[rows], done[rows]) for name, (said, done) in more.items()}
        )

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return next(iter(self._rows(answers, examples).values()))

    def _rows(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, np.ndarray]:
        return (hits_of if self.episodes.form.discrete else errors_of)(answers, examples, self.episodes)


def _take_over(task: Any, _: object) -> None:
    """Who answers, as it was loaded."""
    task.who = WHO[int(task.answering)]
