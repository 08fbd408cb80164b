"""rollout: let a model act in an environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.inert import one_line

_OF = "environment."

if TYPE_CHECKING:
    from headstart.evaluation.rollouts import Rollouts
    from headstart.inference.predictor import Predictor


def rollout(
    model: options.Model,
    data: options.Data = None,
    *,
    environment: Annotated[str, "Name in gymnasium (CartPole-v1, module:Name-v0), or a class: module:Class."],
    episodes: Annotated[int, "Episodes that the model acts in."] = 100,
    steps: Annotated[int | None, "Longest episode; default as the environment says, else 1,000."] = None,
    average: Annotated[float | None, "Average what earlier steps said of this one, as ACT does with 0.01."] = None,
    out: Annotated[str | Path | None, "Directory for a report."] = None,
    follow: options.Follow = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Rollouts:
    """Let a model act in an environment: share of success and return with intervals, beside random actions.

    `data` are the demonstrations, raw: their returns stand beside those of the model, and their steps are drawn. An
    episode succeeds if the environment says so at its last step (`is_success`), else by the return at which the
    environment counts as solved, else by the return that nine of ten demonstrations reach. `settings` are what the
    environment is built with: {"environment.gravity": 1.6}. Needs headstart[robots].
    """
    from headstart.commands.common.request import model_of, path_of
    from headstart.core.errors import UsageError
    from headstart.evaluation.rollouts import rolled_out
    from headstart.reports import rollout_report, write

    for name, value in (("--episodes", episodes), ("--steps", 1 if steps is None else steps)):
        if value < 1:
            raise UsageError(880, "there must be at least one", where=name, found=value, expected="1 or more")
    arguments = _arguments(settings or {})
    predictor = model_of(model, device=device)
    found = rolled_out(predictor, environment, _demonstrations(predictor, data, follow), episodes=episodes,
                       steps=steps, average=average, seed=seed, arguments=arguments)  # fmt: skip
    if out is not None:
        name = Path(path_of(predictor) or "model").name
        write.write(rollout_report.acting(found, name), Path(out))
    return found


def _arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the environment is built with; UsageError for any other setting."""
    from headstart.core.errors import UsageError

    odd = [name for name in settings if not name.startswith(_OF)]
    if odd:
        raise UsageError(916, "this is no argument of the environment", found=f"{odd[0]}={settings[odd[0]]}",
                         expected=f"{_OF}NAME=VALUE",
                         fix=f"write {_OF}{odd[0].rpartition('.')[2]}=VALUE; settings of a saved model cannot be "
                             "changed here")  # fmt: skip
    return {name.removeprefix(_OF): value for name, value in settings.items()}


def _demonstrations(predictor: Predictor, data: Any, follow: bool) -> Iterable[Any]:
    """The raw episodes; UsageError for prepared ones, which hold no rewards."""
    from headstart.core.errors import UsageError
    from headstart.data.inputs import examples_of, prepared
    from headstart.data.reading.roles import Ask
    from headstart.models.start import learned_by

    if data is None:
        return ()
    if prepared(data) is not None:
        raise UsageError(883, "prepared episodes hold no rewards", where=data, fix="give the raw data instead")
    learned = None if predictor.start is None else learned_by(predictor.start)
    return examples_of(data, modality=predictor.modality, ask=Ask(follow=follow, learned=learned))


def summary(found: Rollouts, call: Call) -> dict[str, Any]:
    from headstart.commands.common.summaries import score_lines

    lines = [f"{len(found.episodes):,} episodes in {found.environment}; {found.rule}", *score_lines(found.scores)]
    lines += [f"latency: {found.latency}", *(f"warning: {one}" for one in found.warnings)]
    return {
        "out": str(call.arguments.get("out", "")), "environment": found.environment, "episodes": len(found.episodes),
        "rule": found.rule, "scores": found.scores, "warnings": found.warnings,
        "latency": {"calls": found.latency.calls, "p50_ms": found.latency.p50, "p99_ms": found.latency.p99},
        "text": "\n".join(map(one_line, lines)),
    }  # fmt: skip
