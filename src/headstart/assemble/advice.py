"""What parts advise where the user says nothing, and whose advice counts."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality, Objective, Task, Tuning
from headstart.core.contracts.choice import Circumstances
from headstart.training.plan import Plan

BUDGETS = ("steps", "minutes", "epochs")


def advised_settings(
    learner: type[Objective], network: type[Backbone], tuning: type[Tuning] | None, modality: Modality,
    about: Circumstances, *, adapts: bool,
) -> dict[str, Any]:  # fmt: skip
    """The advice of all parts by dotted name, {"plan.lr": 1e-3}; the later have the last word.

    Learner, tuning, network, and of a network's settings the modality and then the learner. A task that no linear model
    can do has a head that must learn more than the backbone has to change: it comes last, but for the rate that a
    pretrained network stands.
    """
    suited = {**_of_network(modality.defaults.advice), **_of_network(learner.advice)}
    own = network.advised(about, task=tuning is not None, pretrained=adapts)
    return {**_of_parts(learner, own, tuning), **suited}


def _of_network(advice: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in advice.items() if name.startswith("backbone.")}


def _of_parts(learner: type[Objective], network: Mapping[str, Any], tuning: type[Tuning] | None) -> dict[str, Any]:
    if tuning is None:
        return {**learner.advice, **network}
    of_network = dict(network)
    if "plan.lr" in of_network:
        of_network["plan.lr"] *= tuning.lr_multiplier
    if not issubclass(learner, Task) or learner.probe is not None:
        return {**learner.advice, **tuning.advice, **of_network}
    rate = {name: value for name, value in of_network.items() if name == "plan.lr"}
    return {**tuning.advice, **of_network, **learner.advice, **rate}


def advised_plan(said: Mapping[str, Any], advice: Mapping[str, Any]) -> dict[str, Any]:
    """The user's plan over the advised one; a budget the user names replaces every advised budget."""
    plan = advised("plan", advice, catalog.defaults(Plan))
    if any(said.get(name) is not None for name in BUDGETS):
        plan = {key: value for key, value in plan.items() if key not in BUDGETS}
    return merge(plan, said)


def advised(section: str, advice: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """The part of some advice that is meant for one section and for a part that has such settings.

    {"plan.lr": 1} -> {"lr": 1} for "plan"; {"augment.crop": 0.5} says nothing to the augmentation of texts.
    """
    return {name: advice[f"{section}.{name}"] for name in known if f"{section}.{name}" in advice}


def advised_part(
    cls: type[Any], table: Mapping[str, Any], advice: Mapping[str, Any], section: str,
    before: Mapping[str, Any] = MappingProxyType({}),
) -> catalog.Part:  # fmt: skip
    """Every setting of a part: said, advised, as it was `before`, or at its default."""
    return catalog.part(cls, merge(before, advised(section, advice, catalog.defaults(cls)), table), section)


def advised_network(
    cls: type[Backbone], table: Mapping[str, Any], advice: Mapping[str, Any],
    before: Mapping[str, Any] = MappingProxyType({}),
) -> catalog.Part:  # fmt: skip
    """A fresh network with every setting; some may stand in a file that others name."""
    found = advised_part(cls, table, advice, "backbone", before)
    return catalog.Part(cls, {"kind": found.table["kind"], **cls.completed(found.settings)})


def settled(task: type[Task], modality: Modality, labels: Sequence[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a task: what is said, over what the labels of train rows decide, over what the modality
    advises."""
    advice = advised("task", modality.defaults.advice, catalog.defaults(task))
    return merge(advice, task.completed(labels, said))


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers win; None means "not said"."""
    return {key: value for layer in layers for key, value in layer.items() if value is not None}
