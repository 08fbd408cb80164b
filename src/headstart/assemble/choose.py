"""Choosing where the user says nothing: the parts are asked what suits them. Their rules are with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart.core import catalog
from headstart.core.contracts import Backbone, Objective, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Choice, Circumstances, Defaults, ranked, strongest
from headstart.core.errors import ContractError, UsageError
from headstart.data.preparing.split import repeat


def objective(about: Circumstances, defaults: Defaults, backbone: str) -> Choice:
    """The learner for unlabelled data: what suits the network that is asked for or given, else the data.

    backbone  the kind of that network, "auto" if it is open
    """
    if backbone != "auto":
        network: type[Backbone] = catalog.load("backbones", backbone)
        suited = network.learner(about) if about.spec.layout in network.layouts else None
        if suited is not None:
            return suited
    return defaults.learner(about, backbone)


def backbone(about: Circumstances, defaults: Defaults, kind: str, learner: type[Objective]) -> Choice:
    """The network that suits an objective or task of this kind, where it reads the data; else what suits the data."""
    suited = learner.network(about)
    if suited is not None and about.spec.layout in catalog.load("backbones", suited.kind).layouts:
        return suited
    return defaults.backbone(about, kind)


def task(labels: Sequence[Any], about: Circumstances) -> Choice | None:
    """The task that suits these labels of train rows best; None if none does, UsageError if two suit alike."""
    answers = {kind: catalog.load("tasks", kind).suits(labels, about) for kind in catalog.kinds("tasks")}
    best = max((answer.strength for answer in answers.values() if answer is not None), default=0)
    alike = [f"{kind} ({one.why})" for kind, one in answers.items() if one is not None and one.strength == best]
    if best > 0 and len(alike) > 1:
        fix = "say which: " + " or ".join(f"--task {one.partition(' ')[0]}" for one in alike)
        raise UsageError(526, "the labels suit two tasks alike", found=", ".join(alike), fix=fix)
    return strongest(answers)


def tunings(about: Adaptation, backbone: str = "auto") -> list[Choice]:
    """Every way to adapt that suits, the best first; then those that are only worth a try.

    A network without trained weights may know its own; `backbone` is the kind that is asked for or given, "auto" if
    it is open.
    """
    own: Choice | None = None
    if backbone != "auto" and about.linear:
        network: type[Backbone] = catalog.load("backbones", backbone)
        own = network.tuning_pretrained if about.pretrained else network.tuning_scratch
        if own is not None and not about.pretrained:
            return [own]
    classes: dict[str, type[Tuning]] = {kind: catalog.load("tunings", kind) for kind in catalog.kinds("tunings")}
    choices = ranked({kind: cls.suits(about) for kind, cls in classes.items()})
    if own is not None:
        choices = [own, *(choice for choice in choices if choice.kind != own.kind)]
    assert choices, "no tuning suits; one of them must be a fallback"
    named = {choice.kind for choice in choices}
    tried = [kind for kind, cls in classes.items() if kind not in named and cls.promising(about)]
    return [*choices, *(Choice(kind, "it is worth a try") for kind in tried)]


def tunings_of(task: type[Task], about: Adaptation, backbone: str, asked: str) -> list[Choice]:
    """The same for a task that may know only one; ContractError where another is asked for. `asked` may be "auto"."""
    only = task.only_tuning
    if only is None:
        return tunings(about, backbone)
    if asked not in ("auto", only.kind):
        fix = "leave out --tuning"
        raise ContractError(
            860, f"{task.__name__.lower()} has one tuning", where="tuning", found=asked, expected=only.kind, fix=fix
        )
    return [only]


def tuning(about: Adaptation) -> Choice:
    """How to adapt."""
    return tunings(about)[0]


def stratified(strata: Sequence[str] | None, rows: int, count: int, seed: int) -> np.ndarray:
    """Places of `count` of the rows that keep the shares of the strata (largest remainders), at least one each if they
    fit; drawn at random where there are no strata, or hardly two rows of one."""
    generator = np.random.default_rng([seed, count])
    if strata is None or 2 * len(set(strata)) > rows:
        return np.sort(generator.permutation(rows)[:count])
    names = np.array(strata)
    classes, sizes = np.unique(names, return_counts=True)
    if not repeat(len(classes), len(names)):
        return np.sort(generator.permutation(rows)[:count])
    shares = sizes / len(names) * count
    quota = np.maximum(np.floor(shares), min(1, count // len(classes))).astype(int)
    while quota.sum() != count:  # one row at a time to or from the class that is furthest from its share
        short = shares - quota
        if quota.sum() < count:
            quota[np.argmax(np.where(quota < sizes, short, -np.inf))] += 1
        else:
            quota[np.argmin(np.where(quota > 1, short, np.inf))] -= 1
    picked = [generator.permutation(np.flatnonzero(names == c))[:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(picked))
