"""A model in the forms that other programs read, written aside and compared with it before it gets its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from headstart.core import swap
from headstart.core.contracts import Modality
from headstart.core.contracts.answer import HeadExport
from headstart.core.errors import InternalError, UsageError, nearest
from headstart.core.files import write_json, write_whole
from headstart.core.inert import markdown
from headstart.core.shown import Unscored, Unwarned
from headstart.core.version import __version__
from headstart.inference.onnx_pt2 import write_onnx, write_pt2
from headstart.inference.predictor import Predictor
from headstart.inference.to_transformers import write_theirs
from headstart.inference.traceable import Whole, takes, tensors_of, tried
from headstart.training.loop import resting

FORMATS = ("transformers", "onnx", "pt2")
CLOSE = 1e-4
"""Largest difference of an answer, relative to the largest answer beyond 1; single precision gives about 1e-6."""

ROWS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Unscored, Unwarned):
    """What lies in the directory: its files, how far its answers are from the model's, and how to use it."""

    files: list[str]
    difference: float
    usage: dict[str, Any]


def export(predictor: Predictor, form: str, out: Path, inputs: Any = None) -> Exported:
    """Write the model as `form` into a new directory; compared on drawn rows, and on `inputs` where they are given.

    UsageError for an unknown form, a directory that is taken or a library that is missing, ContractError for a model
    that has no such form, InternalError if what was written answers otherwise: then nothing is left.
    """
    if form not in FORMATS:
        raise UsageError(605, "unknown export format", found=f"'{form}'", fix=nearest(form, FORMATS))
    swap.tidy(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(607, "the directory of the export is not empty", where=out, fix="choose another --out")
    with swap.made_aside(out) as aside:
        usage = _written(predictor, form, aside, inputs)
    return Exported(files=sorted(p.name for p in out.iterdir()), difference=usage["difference"], usage=usage)


def _written(predictor: Predictor, form: str, folder: Path, inputs: Any) -> dict[str, Any]:
    """The files of one form, compared; what `export.json` says of them."""
    whole = Whole(predictor)
    batches = tried(predictor.modality)
    if inputs is not None:
        batches.append(tensors_of(predictor.some(inputs, ROWS)))
    config = predictor.start.config if predictor.start is not None else {}
    head = whole.task.answer.export() if whole.task is not None else HeadExport()
    usage: dict[str, Any] = {"format": form, "version": __version__, "gives": whole.gives}
    with resting(predictor.trainee), torch.no_grad():
        if form == "transformers":
            made = write_theirs(whole, batches, folder, head)
            usage |= {"opens": made.opens, "head": made.formula, "difference": made.difference}
        else:
            predictor.modality.save(folder)
            usage |= {"takes": takes(predictor.modality), **_columns(predictor.modality)}
            usage["difference"] = (write_onnx if form == "onnx" else write_pt2)(whole, batches, folder)
    kind = config.get("task", {}).get("kind")
    usage |= {**({"kind": kind} if kind else {}), **head.facts}
    if head.classes:
        usage["classes"] = list(head.classes)
    if usage["difference"] > CLOSE:
        raise InternalError(
            22, "the export gives other answers than the model, so it was deleted",
            found=f"a difference of {usage['difference']:.3g}", expected=f"at most {CLOSE:g}",
            fix="export with another --format, and report this",
        )  # fmt: skip
    write_json(folder / "export.json", usage)
    manner = "" if whole.task is None else whole.task.manner
    write_whole(folder / "README.md", _page(usage, head, manner, predictor.modality).encode())
    return usage


def _page(usage: Mapping[str, Any], head: HeadExport, manner: str, modality: Modality) -> str:
    lines = [f"# Exported by headstart {usage['version']}", ""]
    if usage["format"] == "transformers":
        lines.append(f"Opens with `{usage['opens']}`.")
        if usage["head"]:
            lines += ["", f"The head lies in `head.safetensors`: `{usage['head']}`."]
    else:
        name = f"model.{usage['format']}"
        lines.append(f"`{name}` takes {' and '.join(f'`{one}`' for one in usage['takes'])}, any number of rows.")
        lines += _inputs(modality)
    lines += [head.note] if head.note else []
    lines += [f"Its {manner}."] if manner else []
    if head.classes:
        lines += ["", "Classes in order: " + ", ".join(markdown(str(name)) for name in head.classes) + "."]
    lines += ["", f"Its numbers differ from the model's by at most {usage['difference']:.1e} on the rows tried."]
    return "\n".join(lines) + "\n"


def _columns(modality: Modality) -> dict[str, Any]:
    """Where the cells of each column lie in x, and the names of codes."""
    columns = modality.cell_columns
    if not columns:
        return {}
    return {"columns": [{"name": one.name, "from": one.begin, "to": one.end,
                         **({"codes": list(one.names)} if one.names else {})} for one in columns]}  # fmt: skip


def _inputs(modality: Modality) -> list[str]:
    """How the tensors are made that a graph takes."""
    if modality.vocabulary is not None:
        return ["Both are int64 [B, T]; `tokenizer.json` makes them, the mask is 0 where there is only padding."]
    if modality.audible is not None:
        rows = "x is int16 [B, S], samples of mono sounds at the rate in `audio.json`, padded with zeros; keep is int64"
        return [f"{rows} [B, S], 0 where there is only padding."]
    if modality.cell_columns:
        rows = "x is float32 [B, C]: the cells of a row one behind the other, as `columns` in `export.json` says it. Of"
        return [f"{rows} a column with `codes` it is the place of the name in them; else the number itself, NaN where "
                "it is missing."]  # fmt: skip
    if modality.timeline is not None:
        return [modality.timeline.tensors]
    if modality.spec.layout == "grid":
        return ["Pixels are uint8 [B, C, H, W], 0 to 255, of the size in `preprocessor_config.json`."]
    return []
