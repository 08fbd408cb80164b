"""Who takes part: every way to a model that fits the data, as a recipe.

A source yields proposals: recipe fields, and where a pretraining makes the start, the fields of that too. A new source
is a function in SOURCES. No source knows a kind of part: objectives say that they are solved in seconds, tunings whom
they suit, tasks which classical models they have.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from headstart.assemble import open_start, resolve_finetuning
from headstart.core import catalog
from headstart.core.contracts.choice import Circumstances
from headstart.core.errors import HeadstartError, UsageError
from headstart.core.places import shown
from headstart.selection.question import Question

MOST_TUNINGS = 3  # ways to adapt one start that take part
MOST_CACHED = 4  # public checkpoints of the cache that take part unasked, the smallest first
READ = 5e6  # bytes of stored rows that a pretraining gets through in a second: PCA of 205 pictures of 640 x 480
RUNS = "runs"  # the folder in which models of earlier runs are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A way to a model. `fields` are recipe fields of `finetune`, `family` is what the prior knows it by.

    pretraining  fields of the pretraining that makes its start, {} where the start is there already
    reference    it is only compared with, and never taken: the simple model that the task brings
    quick        a trial takes seconds: nothing is stepped, and the start is none or was solved here
    """

    name: str
    family: str
    fields: Mapping[str, Any]
    pretraining: Mapping[str, Any] = field(default_factory=dict)
    reference: bool = False
    quick: bool = False

    @property
    def start(self) -> str:
        """The model that it starts from, or "scratch"."""
        return str(self.fields.get("start", "scratch"))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a source names. `solved` says that only ways to adapt it without steps are worth trying."""

    name: str
    family: str
    fields: Mapping[str, Any]
    pretraining: Mapping[str, Any] = field(default_factory=dict)
    solved: bool = False


@dataclass(frozen=True, slots=True)
class Excluded:
    """What does not fit these data, and why."""

    name: str
    why: str


Pretrain = Callable[[str, Mapping[str, Any]], Path]
"""Makes the start of a name by the fields of a pretraining, or finds it made; returns its directory."""


def named(question: Question, models: Sequence[str]) -> Iterator[Proposal]:
    """The models that the user names."""
    short = [shown(name) for name in models]
    for name, told in zip(models, short, strict=True):
        if name != "scratch":
            yield Proposal(name=told if short.count(told) == 1 else name, family=_family(name), fields={"start": name})


def found(question: Question, models: Sequence[str]) -> Iterator[Proposal]:
    """Pretrained models in `runs/` and public checkpoints in the cache, where the user names none."""
    if not models:
        yield from (
            Proposal(name=name, family=_family(name), fields={"start": name}) for name in (*_local(), *_cached())
        )


def pretrained(question: Question, models: Sequence[str]) -> Iterator[Proposal]:
    """headstart's own pretrainings that are solved in one pass over the train rows."""
    if question.task.probe is None:
        return  # what was solved is adapted in closed form, and this task has no such form
    spec = question.store.modality.spec
    about = Circumstances(spec, len(question.store.rows("train")), question.device)
    for kind in catalog.kinds("objectives"):
        objective = catalog.load("objectives", kind)
        network = objective.network(about) if objective.solved and not objective.needs_labels else None
        if network is not None and spec.layout in catalog.load("backbones", network.kind).layouts:
            made = {"objective.kind": kind, "backbone.kind": network.kind}
            yield Proposal(name=kind, family=kind, fields={}, pretraining=made, solved=True)


def scratch(question: Question, models: Sequence[str]) -> Iterator[Proposal]:
    """The usual network, from scratch, unless it is a classical model that takes part anyway."""
    spec, rows = question.store.modality.spec, len(question.store.rows("train"))
    about = Circumstances(spec, rows, question.device)
    usual = question.store.modality.defaults.backbone(about, question.recipe.task["kind"])
    if usual.kind in [fields["backbone.kind"] for fields in question.task.classics.values()]:
        return
    yield Proposal(name="scratch", family="scratch", fields={"start": "scratch"})


def classical(question: Question, models: Sequence[str]) -> Iterator[Proposal]:
    """Models without pretraining or network that the task says it has."""
    layout = question.store.modality.spec.layout
    for name, fields in question.task.classics.items():
        if layout in catalog.load("backbones", fields["backbone.kind"]).layouts:
            yield Proposal(name=name, family=name, fields={"start": "scratch", **fields})


Source = Callable[[Question, Sequence[str]], Iterator[Proposal]]
SOURCES: tuple[Source, ...] = (classical, named, found, pretrained, scratch)


def candidates(
    question: Question,
    models: Sequence[str],
    pretrain: Pretrain,
    *,
    left: Callable[[], float],
    look: Callable[[Candidate], None] = lambda one: None,
) -> tuple[list[Candidate], list[Excluded]]:
    """Everyone who takes part, and everyone who does not fit the data. `left`: seconds that pretrainings may take;
    `look` sees each one that is tried in seconds, before the next is made.

    UsageError for a named model that is not there.
    """
    taking, excluded = [], []
    store = question.store
    least = store.bytes_of(store.rows("train")) / READ  # a pass over the rows cannot be cut off in the middle
    for source in SOURCES:
        for proposal in source(question, models):
            if proposal.pretraining and left() < least:
                excluded.append(Excluded(proposal.name, "there was no time to pretrain it"))
                continue
            try:
                new = _entered(question, proposal, pretrain)
                for one in new:
                    if one.quick:
                        look(one)
                taking += new
            except HeadstartError as unfit:
                if source is named and isinstance(unfit, UsageError):
                    raise  # whoever names a model that is not there has mistyped it
                cause = f"{unfit.what}: found {unfit.found}" if unfit.found else unfit.what
                excluded.append(Excluded(proposal.name, cause))
    return taking, excluded


def _entered(question: Question, proposal: Proposal, pretrain: Pretrain) -> list[Candidate]:
    """The candidates of a proposal: one for each way to adapt its start that suits."""
    fields = dict(proposal.fields)
    if proposal.pretraining:
        fields["start"] = str(pretrain(proposal.name, proposal.pretraining))
    recipe = question.recipe_of(fields)
    ground = question.ground(recipe)
    run = resolve_finetuning(recipe, None, device=question.device, store=ground.store)
    entry = Candidate(name=proposal.name, family=proposal.family, fields=fields, pretraining=proposal.pretraining)
    own = run.start is None or bool(proposal.pretraining)
    if run.start is None or "kind" in recipe.tuning:
        return [replace(entry, quick=own and _is_solved(run.recipe.tuning["kind"]))]
    kinds = [kind for kind in run.tunings if not proposal.solved or _is_solved(kind)]
    return [
        replace(
            entry,
            name=f"{entry.name} + {kind}",
            family=f"{entry.family} {kind}",
            fields=fields | {"tuning.kind": kind},
            quick=own and _is_solved(kind),
        )
        for kind in kinds[:MOST_TUNINGS]
    ]


def _is_solved(tuning: str) -> bool:
    return catalog.load("tunings", tuning).closed_form


def _family(name: str) -> str:
    """Public checkpoints are of one family, models of one's own of another."""
    start = open_start(name) if Path(name.rpartition(":")[2]).is_dir() else None
    public = start is None or not any(part in start.config for part in ("objective", "task"))
    return "public" if public else "own"


def _local() -> list[str]:
    """Finished models that were pretrained, in `runs/`."""
    folder, models = Path(RUNS), list[str]()
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            start = open_start(str(place)) if (place / "config.json").is_file() else None
        except HeadstartError:  # half made, or of another program
            continue
        if start is not None and "objective" in start.config:
            models.append(str(place))
    return models


def _cached() -> list[str]:
    """Public checkpoints with safetensors in the cache of the hub."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, OSError):
        return []
    whole = [
        (repository.size_on_disk, repository.repo_id)
        for repository in repositories if repository.repo_type == "model"
        and any(file.file_name.endswith(".safetensors") for revision in repository.revisions for file in revision.files)
    ]  # fmt: skip
    names = [name for _, name in sorted(whole)[:MOST_CACHED]]
    return [f"timm:{name}" if name.startswith("timm/") else f"hf:{name}" for name in names]


SIMPLE = Candidate(name="simple model", family="simple model", fields={}, reference=True)
"""The baseline that the task brings, which is no model directory: it is only compared with."""
