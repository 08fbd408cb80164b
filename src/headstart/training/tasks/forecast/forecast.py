"""Forecasting: the values of a series in the steps to come, with bands that hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Example
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.over_time import OverTime
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.errors import ContractError
from headstart.models.nn.sizes import summary_width
from headstart.training.heads import classics, layered
from headstart.training.over_series import LINEAR_WHY, SeriesProbe, SeriesTask, back, come, come_of
from headstart.training.tasks.forecast.answer import ForecastAnswer
from headstart.training.tasks.forecast.choosing import chosen
from headstart.training.tasks.forecast.over_time import Positions, over_time
from headstart.training.tasks.forecast.ridge import Lags, fit_windows
from headstart.training.tasks.forecast.scores import row_means
from headstart.training.tasks.forecast.window_ridge import WindowRidge

Level = Annotated[float, Gt(0.5), Lt(1)]
Cost = Annotated[float, Ge(0), Lt(10_000)]
ANSWERING = (
    "the model",
    "the last value",
    "the value of one period before",
    "the mean of the window",
    "the mean return",
    "the network as it is",
)
WHO = ("model", "last", "season", "mean", "drift", "network")
DRIFT, NETWORK = WHO.index("drift"), WHO.index("network")
PRICES = (
    "the values look like prices: steps are nearly uncorrelated, and they return to no mean. Errors of prices are "
    "small for whoever repeats the last one; modality.returns=true learns and scores log returns instead"
)
AVERAGES = (
    "neighbouring returns are correlated as those of averages are: if these prices are means over each step, the next "
    "one is easier to forecast than any price that can be traded"
)


class _Probe(SeriesProbe):
    task: Forecast
    behind = "at"

    def fit(self, features: np.ndarray, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:  # pyright: ignore[reportIncompatibleMethodOverride]
        fit = fit_windows(features, targets[:, :-1], targets[:, -1], self.task.lags)
        read = fit.rows[:, : self.task.series.before].astype(np.float64)  # what is forecast stands first
        self.task.left_out = {0: torch.from_numpy(fit.errors), 1: torch.from_numpy(fit.came)}
        for who in (2, 3):
            self.task.left_out[who] = torch.from_numpy(fit.came - read @ self.task.repeated(who, fit.came.shape[1]))
        return fit.linear


class Forecast(SeriesTask):
    """Say what comes next in a series, step by step, with a band that holds the truth as often as `level` says.

    horizon  steps to forecast ("auto": as is usual for such series)
    level    how often the truth lies in the band, for each step
    answers  who answers: "model"; "last", "season" or "mean", what was measured last, one period before, or in the mean
             of the window; "drift", the mean return of train steps, where returns are learned; "network", what a
             network that was taught to forecast other series says itself; "auto" is the model if its squared error on
             valid rows is less by more than chance, else the best of the others
    refit    test rows are answered by a model that is fitted anew at the beginning of each period (a year, where there
             are several), as if it had been trained then: this walk is told beside the scores
    positions, cost  of returns, what a rule would have earned that is long where the next step is said to rise, else
             flat or short, at so many basis points a turn

    What is said is the difference from the last value, in deviations of the series, or of returns the log return since
    then, by a linear map of the window's values and of what the network makes of them, which is its own forecast with
    its band where it says one. Bands are conformal: of each step the quantile of the errors on valid rows (Vovk et al.
    2005; of quantiles that a network says, Romano et al. 2019) and, of a linear model, on train rows that came
    after those of a fit: the last months alone may have been calmer than those to come. Without valid rows there
    are none. The scores hold those of repeating the last value and the last period beside the model's own.
    """

    modality: ClassVar[str] = "series"
    probe = _Probe
    baseline = WindowRidge
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear")

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        horizon: Few = 0,
        level: Level = 0.9,
        answers: Literal["auto", "model", "last", "season", "mean", "drift", "network"] = "auto",
        refit: bool = False,
        positions: Positions = "none",
        cost: Cost = 0.0,
        hidden: Few = 0,
        dropout: Share = 0.0,
    ) -> None:
        super().__init__(backbone, sample, augment, horizon)
        self.level, self.asked = level, answers
        returns = self.series.form.of_drift(1) is not None
        self.forecasts = backbone.ahead is not None and not returns  # which no network was taught
        there = {DRIFT: returns, NETWORK: self.forecasts}
        self.simple = [who for who in range(1, len(WHO)) if there.get(who, True)]
        if answers == WHO[NETWORK] and not self.forecasts:
            found, fix = type(backbone).__name__.lower(), "set task.answers=auto, or begin with a Chronos-Bolt"
            what = "this network says no forecast of such values by itself"
            raise ContractError(852, what, where="task.answers", found=found, fix=fix)
        if answers != "auto" and WHO.index(answers) not in (0, *self.simple):
            fix = "pass modality.returns=true, or another answer"
            raise ContractError(822, "values that are no returns have no mean return", where="task.answers", fix=fix)
        self.refits, self.cost = refit, cost
        self.positions: Positions = positions
        if positions != "none" and not returns:
            fix = "pass modality.returns=true"
            raise ContractError(823, "positions are taken in prices, by their returns", where="task.positions", fix=fix)
        if cost and positions == "none":
            fix = "pass task.positions=long-flat or task.positions=long-short"
            raise ContractError(824, "a cost of positions that nobody takes", where="task.cost", found=cost, fix=fix)
        looks = self.series.scales
        self.manner = PRICES if looks.prices else AVERAGES if looks.averages and returns else ""
        self.left_out = dict[int, Tensor]()  # errors of who may answer on rows left out of a fit
        self.answer = ForecastAnswer(self.reach, self.series.grid, self.series.time_name)
        ready = augment.modality.ready(sample)
        columns = ready["x"].shape[2]
        self.lags = Lags(columns, self.series.before, self.series.scales.period)
        self.beside = bool(list(backbone.parameters()))  # without weights its vectors are the values of the window
        made = 3 * self.steps if self.forecasts else summary_width(backbone, ready)
        width = made + self.beside * columns * self.series.before
        self.head = layered(width, self.steps, hidden=hidden, dropout=dropout)
        if self.forecasts and isinstance(self.head, nn.Linear):  # steps begin with what the network says
            with torch.no_grad():
                self.head.weight[:, -made : self.steps - made] = torch.eye(self.steps)
        self.register_buffer("bands", torch.zeros(2, self.steps))  # added to a forecast, or a band, for both ends
        self.register_buffer("answering", torch.tensor(-1 if answers == "auto" else WHO.index(answers)))
        self.register_buffer("calibrated", torch.tensor(False))
        self.bands: Tensor
        self.answering: Tensor
        self.who = max(0, int(self.answering))  # the same as a plain number, which an exported graph holds as such
        self.register_load_state_dict_post_hook(_take_over)
        self.calibrated: Tensor

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        return Choice("linear", LINEAR_WHY)

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.features(backbone, batch), come_of(batch, "at")

    def features(self, backbone: Backbone, batch: Batch) -> Tensor:
        """The values of the window, and behind them what a network makes of it, [B, F]: of one that forecasts its
        medians and both ends of its bands."""
        ready = self.augment(batch)
        if self.forecasts and backbone.ahead is not None:
            tail = (1 - self.level) / 2
            found = backbone.ahead(ready, self.steps, (0.5, tail, 1 - tail)).float().flatten(1)
        else:
            found = backbone.summary(backbone(ready))
        return torch.cat([ready["x"].flatten(1), found], 1) if self.beside else found

    def _own(self, features: Tensor) -> Tensor | None:
        """What the network itself says, [B, 3, H]: medians, and both ends of its bands."""
        return features[:, -3 * self.steps :].unflatten(1, (3, self.steps)) if self.forecasts else None

    def said(self, features: Tensor) -> Tensor:
        return self.head(features).float()

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        features = self.features(backbone, batch)
        return self._said(self.said(features), self._own(features), batch)

    def _said(self, outputs: Tensor, own: Tensor | None, batch: Batch, who: int | None = None) -> Tensor:
        """The forecast in deviations from the last value [B, H], by whoever answers."""
        who = self.who if who is None else who
        if who == NETWORK and own is not None:
            return own[:, 0]
        if who in (0, NETWORK):
            return outputs
        if who == 1:
            return torch.zeros_like(outputs)
        steps, read = outputs.shape[1], batch["x"][:, 0, 0]
        if who == DRIFT:
            scales = self.series.scales
            numbers = batch["series"].clamp_max(len(scales.mean) - 1)
            mean = torch.from_numpy(scales.mean[:, 0] / scales.deviation[:, 0]).to(read)[numbers]
            return mean[:, None] * torch.from_numpy(self.series.form.of_drift(steps)).to(read)
        return read @ torch.from_numpy(self.repeated(who, steps)).to(read)

    def repeated(self, who: int, steps: int) -> np.ndarray:
        """What is read of a window @ this [L, H]: the last period (2) or the mean of the window (3), once more."""
        form, length = self.series.form, self.series.before
        return (
            form.of_mean(length, steps) if who == 3 else form.of_last_period(length, self.series.scales.period, steps)
        )

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        features = self.features(backbone, batch)
        return self.told(self.said(features), batch, self._own(features))

    def told(self, outputs: Tensor, batch: Batch, own: Tensor | None = None) -> list[dict[str, Any]]:
        """Outputs of the head [B, H], and what the network itself says [B, 3, H] -> answers, in the unit of the
        series."""
        said = self._said(outputs, own, batch)
        low, high = (said, said) if self.who != NETWORK or own is None else (own[:, 1], own[:, 2])
        ends = (low + self.bands[0], torch.maximum(high + self.bands[1], low + self.bands[0]))
        return self.values(said, batch, ends if self.calibrated else ())

    def values(self, said: Tensor, batch: Batch, ends: Sequence[Tensor] = ()) -> list[dict[str, Any]]:
        """Forecasts in deviations from the last value [B, H], and both ends of their bands -> answers."""
        lines = back(self.series.form, said, batch)
        for name, end in zip(("low", "high"), ends, strict=bool(ends)):
            lines[name] = back(self.series.form, end, batch)["forecast"]
        rows = zip(batch["at"].tolist(), *(one.tolist() for one in lines.values()), strict=True)
        return [dict(zip(("at", *lines), row, strict=True)) for row in rows]

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Who answers, and how wide the bands are: from valid rows."""
        choices = [0, *self.simple] if self.asked == "auto" else [int(self.answering)]
        with torch.no_grad():
            read = [(self.features(backbone, one), one) for one in batches]
            seen = [(self.said(features), self._own(features), one) for features, one in read]
            known = [one["known"].any(1) for *_, one in seen]
            if not any(one.any() for one in known):
                return
            measured = torch.cat(known)
            errors = {
                who: torch.cat([come(one) - self._said(x, own, one, who) for x, own, one in seen])[measured]
                for who in choices
            }
        squares = {who: error.square().nanmean(1).cpu().numpy() for who, error in errors.items()}
        at = torch.cat([one["at"] for *_, one in seen])[measured].cpu().numpy()
        stretches = self.series.grid.between(float(at.min()), float(at.max())) // self.bands.shape[1]
        left_out = {who: rows.square().mean(1).numpy() for who, rows in self.left_out.items()}
        best = chosen(squares, at, stretches, left_out)
        if len(squares) > 1:
            others = ", ".join(f"{ANSWERING[who]} {np.nanmean(rows):.3f}" for who, rows in squares.items())
            told = f"mse on valid rows: {others}"
            lost = f"the model is not better than {ANSWERING[best]}, which answers in its place; "
            answers = f"{ANSWERING[best]} answers; {told}"
            alone = best not in (0, NETWORK)
            self.settled, self.cautions = ((), (f"{lost}{told}",)) if alone else ((answers,), ())
        self.answering.fill_(best)
        self.who = best
        off = [torch.cat([errors[best].cpu().double(), *([self.left_out[best]] if best in self.left_out else [])])] * 2
        if best == NETWORK:  # each end by its own errors
            off = [torch.cat([come(one).cpu() - own[:, end].cpu() for _, own, one in seen if own is not None])
                   for end in (1, 2)]  # fmt: skip
        self.bands.copy_(torch.stack([_ends(one, self.level)[end] for end, one in enumerate(off)]))
        self.calibrated.fill_(True)

    def row_means(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, np.ndarray]:
        return row_means(answers, examples, self.series, self.reach, self.level)

    def over_time(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> OverTime | None:
        return over_time(answers, examples, self.series, self.reach, self.positions, self.cost)


def _ends(errors: Tensor, level: float) -> Tensor:
    """The band of each step [2, H] that holds `level` of the errors [n, H]: (n + 1) of them are reckoned with, so that
    it holds of rows to come."""
    found = np.sort(errors.cpu().numpy().astype(np.float64), 0)  # NaN last
    n = np.isfinite(found).sum(0)  # [H]
    low = np.clip(np.floor((1 - level) / 2 * (n + 1)).astype(int) - 1, 0, None)
    high = np.clip(n - 1 - low, 0, None)
    ends = [np.take_along_axis(found, place[None], 0)[0] for place in (low, high)]
    return torch.from_numpy(np.nan_to_num(np.stack(ends))).float()


def _take_over(task: Any, _: object) -> None:
    """Who answers, as it was loaded."""
    task.who = max(0, int(task.answering))
