"""A model as one graph in a file: ONNX, or the archive of torch.export; each read back and compared."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from headstart.core.errors import ContractError, UsageError
from headstart.inference.traceable import Whole, gap, takes, widest

Given = tuple[Tensor, ...]
NEEDED = ("onnx", "onnxscript", "onnxruntime")


def write_onnx(whole: Whole, batches: Sequence[Given], folder: Path) -> float:
    """model.onnx; the largest difference of its answers in onnxruntime. UsageError if a library is missing."""
    for name in NEEDED:
        if find_spec(name) is None:
            raise UsageError(606, f"{name} is not installed", fix="pip install 'headstart[export]'")
    import onnxruntime

    path, graph = folder / "model.onnx", _graph(whole, batches)
    with _quiet():
        try:
            made = torch.onnx.export(
                graph, dynamo=True, verbose=False, input_names=takes(whole.modality), output_names=[whole.gives]
            )
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as cause:
            raise ContractError(275, "ONNX cannot represent this network", found=_first_line(cause)) from cause
        assert made is not None
        size = sum(t.numel() * t.element_size() for t in whole.state_dict().values())
        made.save(path, external_data=size > 1 << 30)  # one file of a protocol buffer holds less than 2 GiB
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    gaps = []
    for batch in batches:
        inputs = {name: tensor.numpy() for name, tensor in zip(takes(whole.modality), batch, strict=True)}
        gaps.append(gap(whole(*batch), torch.from_numpy(session.run(None, inputs)[0])))
    return widest(gaps)


def write_pt2(whole: Whole, batches: Sequence[Given], folder: Path) -> float:
    """model.pt2; the largest difference of its answers when it is read back.

    Only the file that was just written is read: an archive of strangers may hold anything.
    """
    path, graph = folder / "model.pt2", _graph(whole, batches)
    with _quiet():
        torch.export.save(graph, path)
        back = torch.export.load(path).module()
        return widest([gap(whole(*batch), back(*batch)) for batch in batches])


def _graph(whole: Whole, batches: Sequence[Given]) -> torch.export.ExportedProgram:
    """The whole model, for any number of rows and, where the tried ones differ in length, of places."""
    free, batch = torch.export.Dim.DYNAMIC, batches[0]
    axes = {axis: free for axis in (0, 1) if len({one[0].shape[axis] for one in batches}) > 1}
    with _quiet():
        try:
            return torch.export.export(whole, batch, dynamic_shapes=tuple(axes for _ in batch))
        except (RuntimeError, ValueError, TypeError, AssertionError, LookupError, AttributeError) as cause:
            kind, known = type(whole.backbone).__name__.lower(), whole.backbone.interop is not None
            other = "export it as --format transformers, or " if known and whole.backbone.ahead is None else ""
            raise ContractError(
                276, f"{kind} cannot be exported as one graph for any number and length of rows",
                found=_first_line(cause), fix=f"{other}use it with headstart",
            ) from cause  # fmt: skip


def _first_line(cause: BaseException) -> str:
    return (str(cause) or type(cause).__name__).strip().splitlines()[0][:200]


@contextmanager
def _quiet() -> Iterator[None]:
    """While this lasts, the exporters tell nothing of their own: what matters is compared afterwards."""
    loggers = [logging.getLogger(name) for name in ("torch", "torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
