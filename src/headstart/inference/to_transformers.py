"""A model as transformers or timm save theirs: network, preprocessing, and the head where it can be said exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from safetensors.torch import save as pack_tensors
from torch import Tensor, nn

from headstart.core.contracts.answer import HeadExport
from headstart.core.contracts.lm_head import LmHead
from headstart.core.contracts.needs import vectors_of
from headstart.core.errors import ContractError
from headstart.core.files import write_whole
from headstart.inference.traceable import Whole, gap, widest
from headstart.models.artifact import write_network
from headstart.models.nn.foreign import auto_class, in_silence

HEAD = "head.safetensors"
SAME = 1e-4  # beyond, their classifier is another than ours
MEAN, FIRST, POOLED = "mean of last_hidden_state over kept places", "last_hidden_state[:, 0]", "pooler_output"
EACH = "last_hidden_state at the first piece of each word"


@dataclass(frozen=True, slots=True)
class Theirs:
    """What was written: how to open it, the formula of the head ("" if there is none), the largest difference."""

    opens: str
    formula: str
    difference: float


def write_theirs(whole: Whole, batches: Sequence[tuple[Tensor, ...]], folder: Path, head: HeadExport) -> Theirs:
    """The directory that `from_pretrained` opens, opened and compared. ContractError for networks without a twin.

    head says how the outputs of the task are read.
    """
    interop = whole.backbone.interop
    if interop is None:
        kind, fix = type(whole.backbone).__name__.lower(), "export it as --format onnx or pt2"
        raise ContractError(277, f"no other library knows the network of {kind}", fix=fix)
    if whole.backbone.ahead is not None:
        fix = "open the model's own directory with headstart, or with the library of its network"
        raise ContractError(856, "transformers has no network that forecasts series by itself", fix=fix)
    if whole.task is not None and whole.task.inner_layers:
        fix = "export it as --format onnx or pt2, or finetune without task.layers"
        raise ContractError(913, "no head of another library reads the inner layers too", fix=fix)
    if whole.modality.vocabulary is None and len(batches[0]) > 1:
        fix = "export it as --format onnx or pt2"
        raise ContractError(520, "rows with padding that are no ids are not written for transformers", fix=fix)
    whole.modality.save(folder)
    maps = [m for m in whole.task.modules() if isinstance(m, nn.Linear)] if whole.task is not None else []
    timms = "architecture" in interop.config
    if head.softmax and len(maps) == 1 and (timms or head.words):
        theirs = (_with_tagger if head.words else _with_classifier)(whole, batches, folder, maps[0], list(head.classes))
        if theirs is not None:
            return theirs
    if whole.task is not None and whole.task.lm_head is not None:
        return _with_lm_head(whole, batches, folder, whole.task.lm_head)
    write_network(folder, whole.backbone, {})
    opened = _opened(folder)
    gaps = [gap(*_vectors(whole, opened, batch)) for batch in batches]
    opens = "AutoModel" if not timms else 'timm.create_model("local-dir:DIR", pretrained=True), AutoModel'
    if whole.task is not None and whole.task.manner:
        fix = "export it as --format onnx or pt2, or fine-tune with task.twins=false"
        raise ContractError(321, "one pass of another library's network does not give these answers",
                            found=whole.task.manner, fix=fix)  # fmt: skip
    if not maps or not head.formula:
        return Theirs(opens, "", widest(gaps))
    write_whole(folder / HEAD, pack_tensors(_head(maps), {"format": "pt"}))
    formula, difference = _formula(whole, opened, batches, load_file(folder / HEAD), head)
    return Theirs(opens, formula, widest([*gaps, difference]))


def _with_classifier(
    whole: Whole, batches: Sequence[tuple[Tensor, ...]], folder: Path, head: nn.Linear, classes: list[str]
) -> Theirs | None:
    """A network of timm with the task's head as its own classifier, one affine map; None where theirs is more."""
    import timm

    assert whole.backbone.interop is not None
    config = whole.backbone.interop.config
    made: Any = timm.create_model(config["architecture"], num_classes=len(classes), **config["model_args"])
    theirs = made.get_classifier()
    if not isinstance(theirs, nn.Linear) or theirs.weight.shape != head.weight.shape:
        return None  # a second one for a teacher's answers, or a convolution
    name = next(name for name, module in made.named_modules() if module is theirs)
    weights = {f"{name}.weight": head.weight.detach().clone(), f"{name}.bias": head.bias.detach().clone()}
    about = {**config["pretrained_cfg"], "num_classes": len(classes), "classifier": name}
    fields = {"num_classes": len(classes), "label_names": classes, "pretrained_cfg": about}
    write_network(folder, whole.backbone, fields, weights)
    back = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    opened = _opened(folder, "AutoModelForImageClassification")
    gaps = []
    for batch in batches:
        x = whole.modality.ready({"x": batch[0]})["x"]
        gaps += [gap(whole(*batch), logits.softmax(1)) for logits in (back(x), opened(pixel_values=x).logits)]
    return Theirs('timm.create_model("local-dir:DIR", pretrained=True), AutoModelForImageClassification', "", max(gaps))


def _with_tagger(
    whole: Whole, batches: Sequence[tuple[Tensor, ...]], folder: Path, head: nn.Linear, tags: list[str]
) -> Theirs | None:
    """A network of transformers with the head as its own token classifier; None where theirs is more than that."""
    from transformers import AutoConfig, AutoModelForTokenClassification

    write_network(folder, whole.backbone, {})
    numbers = {tag: number for number, tag in enumerate(tags)}
    config = AutoConfig.from_pretrained(folder, id2label=dict(enumerate(tags)), label2id=numbers)
    if type(config) not in AutoModelForTokenClassification._model_mapping:
        return None
    with in_silence():
        made: Any = AutoModelForTokenClassification.from_pretrained(folder, config=config).eval()
    last = [module for module in made.modules() if isinstance(module, nn.Linear)][-1]
    if last.weight.shape != head.weight.shape:
        return None
    last.load_state_dict(head.state_dict())
    if max(_tag_gap(whole, made, batch) for batch in batches) > SAME:
        return None  # another layer stands in front of theirs
    made.save_pretrained(folder)
    opened = _opened(folder, "AutoModelForTokenClassification")
    return Theirs("AutoModelForTokenClassification", "", max(_tag_gap(whole, opened, batch) for batch in batches))


def _tag_gap(whole: Whole, opened: Any, batch: tuple[Tensor, ...]) -> float:
    return gap(whole(*batch), _asked(whole, opened, batch).logits.softmax(2) * batch[1][..., None])


def _with_lm_head(whole: Whole, batches: Sequence[tuple[Tensor, ...]], folder: Path, lm_head: LmHead) -> Theirs:
    """A network of transformers that writes: the task's output is the head of its causal language model."""
    from transformers import AutoConfig, AutoModelForCausalLM

    weight, bias = lm_head.weights(whole.backbone)
    write_network(folder, whole.backbone, {})
    config = AutoConfig.from_pretrained(folder)
    config.tie_word_embeddings = weight.data_ptr() == vectors_of(whole.backbone).data_ptr()
    with in_silence():
        made: Any = AutoModelForCausalLM.from_pretrained(folder, config=config).eval()
    head = made.get_output_embeddings()
    if bias is not None and head.bias is None:
        fix = "export it as --format onnx or pt2, or train it with task.bias=false"
        raise ContractError(283, "the output layer of transformers has no bias here", found="task.bias=true", fix=fix)
    biases = {} if head.bias is None else {"bias": torch.zeros_like(head.bias) if bias is None else bias}
    head.load_state_dict({"weight": weight, **biases})
    if whole.modality.vocabulary is not None:
        made.generation_config.eos_token_id = whole.modality.vocabulary.end
    made.save_pretrained(folder)
    opened = _opened(folder, "AutoModelForCausalLM")
    gaps = [gap(whole(*batch), _asked(whole, opened, batch).logits * batch[1][..., None]) for batch in batches]
    return Theirs("AutoModelForCausalLM", "", widest(gaps))


def _opened(folder: Path, kind: str = "") -> Any:
    """A fresh network from the disk, as anybody would open it."""
    import transformers

    with in_silence():
        build = getattr(transformers, kind) if kind else auto_class(transformers.AutoConfig.from_pretrained(folder))
        return build.from_pretrained(folder).eval()


def _asked(whole: Whole, opened: Any, batch: tuple[Tensor, ...]) -> Any:
    if len(batch) == 2:
        return opened(input_ids=batch[0], attention_mask=batch[1])
    return opened(pixel_values=whole.modality.ready({"x": batch[0]})["x"])


def _vectors(whole: Whole, opened: Any, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """What our network and theirs make of the rows, where there is no padding."""
    theirs = _asked(whole, opened, batch)
    names = {"x": batch[0]} if len(batch) == 1 else {"x": batch[0], "keep": batch[1].bool()}
    tokens = whole.backbone(whole.modality.ready(names))
    places = theirs.last_hidden_state
    if places.ndim == 4:  # maps, [B, D, H, W] here and there in another layout: what is pooled of them
        pooled = _features(POOLED, theirs, batch)
        return whole.backbone.summary(tokens), places.mean((2, 3)) if pooled is None else pooled
    return tokens.x[tokens.keep], places[tokens.keep]


def _head(maps: list[nn.Linear]) -> dict[str, Tensor]:
    """Weights of a head of one or two affine maps."""
    names = ["weight", "bias"] if len(maps) == 1 else ["hidden.weight", "hidden.bias", "weight", "bias"]
    tensors = [t.detach().clone() for one in maps for t in (one.weight, one.bias)]
    return dict(zip(names, tensors, strict=True))


def _formula(
    whole: Whole, opened: Any, batches: Sequence[tuple[Tensor, ...]], weights: Mapping[str, Tensor], head: HeadExport
) -> tuple[str, float]:
    """How the answers follow from their outputs and the head's file: of what may be so, what is so on every batch."""
    best = ("", float("inf"))
    for name in (EACH,) if head.words else (MEAN, FIRST, POOLED):
        gaps = []
        for batch in batches:
            features = _features(name, _asked(whole, opened, batch), batch)
            answers = _answers(features, weights, head) if features is not None else whole(*batch).new_empty(0)
            gaps.append(gap(whole(*batch), answers * batch[1][..., None] if name == EACH else answers))
        best = min(best, (name, max(gaps)), key=lambda one: one[1])
    inner = "features" if "hidden.weight" not in weights else "gelu(features @ hidden.weight.T + hidden.bias)"
    return f"features = {best[0]}; outputs = {inner} @ weight.T + bias; {head.formula}", best[1]


def _features(name: str, theirs: Any, batch: tuple[Tensor, ...]) -> Tensor | None:
    places = theirs.last_hidden_state
    if name == POOLED:
        return theirs.pooler_output.flatten(1) if theirs.get("pooler_output") is not None else None
    if places.ndim == 4 and name == MEAN:
        return places.mean((2, 3))
    if places.ndim != 3:
        return None
    if name == EACH:
        return places
    if name == FIRST:
        return places[:, 0]
    keep = batch[1][..., None] if len(batch) == 2 else torch.ones_like(places[..., :1])
    return (places * keep).sum(1) / keep.sum(1)


def _answers(features: Tensor, weights: Mapping[str, Tensor], head: HeadExport) -> Tensor:
    if features.shape[-1] != weights.get("hidden.weight", weights["weight"]).shape[1]:
        return features.new_empty(0)
    if "hidden.weight" in weights:
        features = nn.functional.gelu(features @ weights["hidden.weight"].T + weights["hidden.bias"])
    return head.finish(features @ weights["weight"].T + weights["bias"])
