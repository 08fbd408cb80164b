"""A run with all of its choices made -> its parts, built and checked. Nothing is chosen here."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from headstart.assemble.feeding import feed
from headstart.assemble.opening import has_weights, open_learner, open_lm_head
from headstart.assemble.parts import Parts
from headstart.assemble.resizing import goes_on
from headstart.assemble.resolve import Resolved
from headstart.assemble.rows import are_worded
from headstart.core import catalog
from headstart.core.catalog import settings_of
from headstart.core.contracts import Backbone, Modality, Objective, Task, Tuning
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, RecipeError
from headstart.data.batches import Batches, Feed
from headstart.models.nn.norms import batch_norms
from headstart.models.open_start import open_teacher
from headstart.models.resizing import backbone_at, is_other
from headstart.models.start import Start
from headstart.training.loop import Trainee


def build(run: Resolved) -> Parts:
    """The parts of a run on its device. ContractError where they do not fit each other."""
    recipe, modality, plan, learner = run.recipe, run.modality, run.plan, run.learner
    with seeded(recipe.seed):
        regrown = run.network.cls.regrown
        known = None if regrown else run.start
        backbone: Backbone = run.network.build(run.spec) if known is None else backbone_at(known, run.spec)
        if known is None:
            backbone.begin()
        head = None
        if run.start is not None and learner.cls.needs.lm_head:
            head = open_lm_head(run.start, modality, backbone)
            learner = catalog.part(learner.cls, {**head.settings(), **learner.table}, run.section)
            recipe = recipe.with_part(run.section, learner.table)
        sample = Batches(run.store, run.rows[:8], modality, seed=recipe.seed).sample()
        objective: Objective = learner.build(backbone, sample, run.augment.build(modality))
        if head is not None and objective.lm_head is not None and objective.lm_head.load is not None:
            objective.lm_head.load(head)
    task = objective.as_task
    if task is not None and known is not None and run.tuning is not None and run.tuning.cls.closed_form:
        with seeded(recipe.seed):
            source = _source(known, run.spec, modality, backbone)
        if source is not None:
            task.take_over(source)
    teacher = open_teacher(objective.teacher_name, objective.needs.layouts) if objective.teacher_name else None
    continued, anew = goes_on(run.start, run.section, learner.table, objective, modality)
    if task is not None:
        task.meet(run.store.labels_of(run.rows))
    tuning: Tuning | None = None if run.tuning is None else run.tuning.build()
    if backbone.grown is not None and (tuning is None or not tuning.closed_form):
        fix = "finetune it with --tuning probe, or use another --backbone"
        raise ContractError(734, "trees are grown from labels, and take no steps", where="backbone", fix=fix)
    if backbone.in_context is not None and (tuning is None or not tuning.closed_form):
        fix = "finetune it with --tuning probe, or use another --backbone"
        raise ContractError(
            848, "this network answers from labelled rows that it keeps, and takes no steps", where="backbone", fix=fix
        )
    if tuning is not None:
        if tuning.solves_head != "never" and objective.as_task is not None:
            objective.as_task.linear_probe().check()
        with seeded(recipe.seed):
            tuning.begin(backbone)
    backbone.to(run.device)
    objective.to(run.device)
    if plan.channels_last:
        backbone.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    shared = {"batch": plan.batch, "seed": recipe.seed, "device": run.device}
    batches = feed(objective, run.store, run.rows, modality, unlabelled=run.unlabelled, tuning=tuning, **shared)
    _check_norms(Trainee(backbone, objective), tuning, batches)
    watched = feed(objective, run.store, run.held, modality, **shared) if len(run.held) and tuning is None else None
    return Parts(
        recipe=recipe, store=run.store, modality=modality, trainee=Trainee(backbone, objective), tuning=tuning,
        plan=plan, batches=batches, watched=watched, chosen=run.chosen, held=run.held, unlabelled=run.unlabelled,
        start=run.start, device=run.device, continued=continued, teacher=teacher,
        reasons=(*run.reasons, *_manner(task)),
        warnings=(*run.warnings, *anew, *_regrown(run), *_kept(run, backbone),
                  *_cut(run, objective, batches, backbone.width)),
    )  # fmt: skip


def _source(start: Start, spec: Spec, modality: Modality, backbone: Backbone) -> Task | None:
    """The task before, with its head, from which a solved head begins; None at another picture size, where the head
    reads other features, and for a start without a head of a task."""
    if is_other(start, spec) or ("task" not in start.config and has_weights(start)):
        return None
    if "task" in start.config and catalog.load_saved("tasks", start.config["task"]["kind"]).probe is None:
        return None
    trained = open_learner(start, modality, backbone)
    return None if trained is None else trained.as_task


def _regrown(run: Resolved) -> list[str]:
    """What to say of a start whose weights are not those that are learned with."""
    if run.start is None or not run.network.cls.regrown:
        return []
    kind = run.network.table["kind"]
    return [f"{kind} is grown anew from these labels: of the start only settings and the reading of columns stay"]


def _kept(run: Resolved, backbone: Backbone) -> list[str]:
    """What to say of train rows that are kept with the model."""
    if backbone.in_context is None:
        return []
    rows = min(backbone.in_context.rows, len(run.rows))
    return [f"this model contains {rows:,} of its train rows, with their labels: whoever has the model can read them"]


def _manner(task: Task | None) -> list[str]:
    """What to say before a run of how its task answers."""
    return [task.manner] if task is not None and task.manner else []


def _check_norms(trainee: Trainee, tuning: Tuning | None, batches: Feed) -> None:
    """RecipeError where batch norm would take its statistics from one row: it learns nothing that holds for others."""
    parts = (trainee.backbone, trainee.objective)
    if batches.size > 1 or trainee.objective.solved or (tuning is not None and tuning.closed_form):
        return
    for part in parts:
        part.train()
    if tuning is not None:
        tuning.at(0.0)
    if any(norm.training for part in parts for norm in batch_norms(part)):
        found, fix = f"plan.batch={batches.size}", "pass plan.batch=8, or give more rows"
        raise RecipeError(127, "batch norm learns nothing from batches of one row", found=found, fix=fix)


def fresh_backbone(parts: Parts) -> Backbone:
    """The network of a run as it was before the first step, were it started from scratch."""
    table = parts.recipe.backbone
    with seeded(parts.recipe.seed):
        backbone: Backbone = catalog.load("backbones", table["kind"])(parts.modality.spec, **settings_of(table))
    return backbone.to(parts.device)


def _cut(run: Resolved, objective: Objective, batches: Feed, width: int) -> tuple[str, ...]:
    """What to say of rows that are longer than a network of this width reads; packed rows are cut without loss."""
    vocabulary = run.modality.vocabulary
    if vocabulary is None or objective.needs.feed == "packed" or width == 0:
        return ()
    lengths = run.store.lengths(run.chosen, run.modality.spec.length_of)
    if lengths is None or not len(run.chosen) or are_worded(run.store, run.chosen):
        return ()  # rows of words are read in windows
    prompts = objective.lm_head.prompts if objective.lm_head is not None else None
    taken = 0 if prompts is None else prompts.reserved(next(iter(batches.once(1))))
    room = vocabulary.length - taken
    count = int((vocabulary.places(lengths) > room).sum())
    kept = f" (of {vocabulary.length}, {taken} are kept for answers)" if taken else ""
    told = f"{count:,} of {len(run.chosen):,} rows are longer than {room} tokens{kept} and are cut there; "
    return (f"{told}modality.length={2 * vocabulary.length} reads more",) if count else ()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Initial weights come from torch's own generator: seed it inside, put it back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
