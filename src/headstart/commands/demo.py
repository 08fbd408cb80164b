"""demo: every step on bundled data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.shown import Shown

if TYPE_CHECKING:
    from headstart.commands.common.explained import Explained
    from headstart.commands.gain import Proof
    from headstart.core.overview import Overview
    from headstart.data.store import Store
    from headstart.inference.predictor import Predictor


@dataclass(frozen=True, slots=True, repr=False)
class Demo(Shown):
    """Everything the demo made."""

    data: Store
    pretrained: Predictor
    finetuned: Predictor
    explained: Explained
    proof: Proof

    @property
    def scores(self) -> dict[str, float]:
        return self.finetuned.scores

    @property
    def warnings(self) -> list[str]:
        return self.proof.warnings

    def overview(self) -> Overview:
        """That of the proof."""
        return self.proof.overview()


def demo(
    *,
    out: Annotated[str | Path, "Directory for everything the demo makes."] = "demo",
    overwrite: Annotated[bool, "Replace an earlier demo."] = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    quiet: options.Quiet = True,
) -> Demo:
    """Prepare, pretrain, fine-tune on few labels, explain answers and measure the gain, on the bundled digits."""
    from headstart.commands.explain import explain
    from headstart.commands.finetune import finetune
    from headstart.commands.gain import gain
    from headstart.commands.prepare import prepare
    from headstart.commands.pretrain import pretrain

    folder, common = Path(out), {"device": device, "quiet": quiet, "overwrite": overwrite}
    data = prepare("digits")
    model = pretrain("digits", out=folder / "pretrained", seed=seed, **common)
    tuned = finetune("digits", start=model, out=folder / "finetuned", labels=50, seed=seed, **common)
    explained = explain(tuned, "digits", out=folder / "explained.html", rows=3, seed=seed, device=device, quiet=quiet)
    proof = gain("digits", start=model, out=folder / "gain", labels=[20, 50, 200], seeds=5, **common)
    return Demo(data, model, tuned, explained, proof)


def summary(result: Demo, call: Call) -> dict[str, Any]:
    data, proof = result.data, result.proof
    report = f"{proof.path}/report.html"
    lines = [
        f"data:       {sum(data.splits.values()):,} digits of 8 x 8, prepared once in {data.directory}",
        f"pretrained: {result.pretrained.path}/report.html",
        f"fine-tuned: {result.finetuned.path}/report.html (50 labels)",
        f"explained:  {result.explained.path} (3 answers)",
        f"proof:      {proof.verdict}. {proof.sentence}",
        f"report:     {report}",
    ]
    verdict = {"verdict": proof.verdict, "sentence": proof.sentence, "report": report}
    return {**verdict, "warnings": proof.warnings, "text": "\n".join(lines)}
