"""The arms of a proof: the head start, and every rival that could explain its gain without the pretraining.

Rivals learn from the same labelled rows, and from the same unlabelled rows where the head start sees any. A gain over
training from scratch alone does not show that the pretraining helped: the way of tuning may have. So where the tuning
keeps the pretrained weights, the same tuning is also done on fresh weights (random features); and where it looks at
rows without labels, it also does so on the raw input.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from headstart.assemble import open_start, resolve_finetuning
from headstart.core import catalog
from headstart.core.contracts import Tuning
from headstart.core.errors import UsageError
from headstart.core.places import shown
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.models.fresh_start import PREFIX
from headstart.models.resizing import settings_at

SIMPLE = ("baseline", "constant")  # the simple model, and the same that never looks at a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of learning a task from some labels. `words` is what a sentence calls it, as a rival; `without` says that
    it is the head start without what was carried over, all of it or the last steps of a chain."""

    name: str
    words: str
    recipe: Recipe
    without: bool = False


def arms_of(recipe: Recipe, store: Store, *, labels: int | None, seed: int, device: str) -> list[Arm]:
    """Every arm at this number of labels, with the draw of this seed; the head start is the first.

    scratch   the same network, all of whose weights learn from fresh ones
    default   the network that would be taken for these data, from scratch, where it is another
    fresh     the same tuning of the same network with fresh weights, where the tuning keeps or adapts weights
    raw       the same tuning on the raw input, where the tuning uses unlabelled rows
    baseline  the task's simple model;  constant  the same without looking at a row
    against   further starts that the recipe names; those from which the head start was made are it without a last step
    rival     the scratch arm with a tuning that the recipe names, such as self-training, called as that tuning is; not
              where it has no rows without labels to learn from
    """
    own = drawn(recipe, labels, seed)
    run = resolve_finetuning(own, None, device=device, store=store)
    assert run.tuning is not None
    tuning, kind = run.tuning.table["kind"], run.network.table["kind"]
    scratch = scratch_twin(own, store)
    arms = [
        Arm(name="pretrained", words="", recipe=own),
        Arm(name="scratch", words="the same network from scratch", recipe=scratch, without=True),
    ]
    usual = _usual_network(scratch, store, device)
    if usual != kind:
        whole = replace(scratch, backbone={}, modality=recipe.modality)
        arms.append(Arm(name="default", words=f"the usual network ({usual}) from scratch", recipe=whole))
    if not moves_all(run.tuning.cls):
        fresh = replace(own, start=PREFIX + own.start, start_weights=None, tuning=run.tuning.table)
        arms.append(Arm(name="fresh", words=f"the same tuning ({tuning}) of fresh weights", recipe=fresh, without=True))
    if len(run.unlabelled) and run.tuning.cls.closed_form:
        arms.append(Arm(name="raw", words=f"the same tuning ({tuning}) on the raw input", recipe=own))
    against = recipe.gain.get("against", ())
    parents = _parents(own.start, against)
    for name, words in named_apart(against).items():
        other = replace(own, start=name, start_weights=None)
        arms.append(Arm(name=f"against {words}", words=words, recipe=other, without=name in parents))
    arms += _rivals(recipe, scratch, store, device)
    baseline = run.learner.cls.baseline
    assert baseline is not None
    return [*arms, *(Arm(name=name, words=baseline.name, recipe=own) for name in SIMPLE)]


def check_starts(arms: Sequence[Arm], store: Store, *, device: str) -> None:
    """ContractError for a start that cannot learn from these rows as they are stored, before an arm takes minutes."""
    for arm in {arm.recipe.start: arm for arm in arms}.values():
        resolve_finetuning(arm.recipe, None, device=device, store=store)


def _parents(name: str, others: Sequence[str]) -> set[str]:
    """Those of the other starts from which this one was made."""
    start = open_start(name)
    made_from = set[str]() if start is None else {parent["hash"] for parent in start.facts["lineage"]}
    opened = {other: open_start(other) for other in others}
    return {other for other, one in opened.items() if one is not None and one.hash in made_from}


def named_apart(starts: Sequence[str]) -> dict[str, str]:
    """What each start is called: by its place below the working directory, else by its last name; others of the same
    name are numbered."""
    words: dict[str, str] = {}
    for start in starts:
        name, taken = shown(start), set(words.values())
        numbered = (f"{name} ({number})" for number in count(2))
        words[start] = name if name not in taken else next(one for one in numbered if one not in taken)
    return words


def drawn(recipe: Recipe, labels: int | None, seed: int) -> Recipe:
    """The recipe of the head start itself, with the draw of this seed."""
    return override(recipe, {"seed": seed} if labels is None else {"seed": seed, "labels": labels})


def rival_class(kind: str) -> type[Tuning]:
    """The tuning of this name; RecipeError if there is none, UsageError for one that fresh weights cannot learn by."""
    cls: type[Tuning] = catalog.load("tunings", kind)
    if not moves_all(cls):
        fix = "name one that trains a whole network from scratch: see headstart list tunings"
        raise UsageError(893, "this tuning is no rival of pretraining", found=kind, fix=fix)
    return cls


def moves_all(tuning: type[Tuning]) -> bool:
    """Does it move every weight, whether they were pretrained or not?"""
    return not tuning.closed_form and not tuning.needs_pretrained


def scratch_twin(recipe: Recipe, store: Store) -> Recipe:
    """The same network with fresh weights, all of which learn: what a user would do without a pretrained model. The
    pictures of the data may have another size than those of the start."""
    opened = open_start(recipe.start)
    assert opened is not None
    start = opened.on(store.modality, store.manifest["modality"])
    kind = recipe.tuning.get("kind", "auto")
    tuning = recipe.tuning if kind != "auto" and moves_all(catalog.load("tunings", kind)) else {}
    backbone = {"kind": start.config["backbone"]["kind"], **settings_at(start, store.modality.spec)}
    modality = {**start.config["modality"], **recipe.modality}
    return replace(recipe, start="scratch", start_weights=None, backbone=backbone, tuning=tuning, modality=modality)


def _rivals(recipe: Recipe, scratch: Recipe, store: Store, device: str) -> Iterator[Arm]:
    """The scratch arm with each tuning that is a rival."""
    for kind in recipe.gain.get("rival", ()):
        cls = rival_class(kind)
        twin = replace(scratch, tuning={"kind": kind})
        if cls.beside and not len(resolve_finetuning(twin, None, device=device, store=store).unlabelled):
            continue
        yield Arm(name=kind, words=f"{kind} of the same network from scratch", recipe=twin)


def _usual_network(scratch: Recipe, store: Store, device: str) -> str:
    """The kind of network that is taken for these data where none is named."""
    run = resolve_finetuning(replace(scratch, backbone={}, modality={}), None, device=device, store=store)
    return run.network.table["kind"]
