"""A model as a directory: config, weights, preprocessing, lineage, checksums. Nothing executable in it, no pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from safetensors.torch import save as pack_tensors
from torch import Tensor, nn

from headstart.core import catalog, files
from headstart.core.contracts import Backbone, Modality, Objective
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError, UsageError, nearest
from headstart.core.files import make_folder, sha256, write_json, write_whole
from headstart.core.sealed import Sealed
from headstart.models import remembered
from headstart.models.nn.names import renamed
from headstart.models.trust.facts_check import check_facts
from headstart.models.trust.pickled import kind_of, refuse_pickles
from headstart.models.trust.safe_files import read_object
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.vocabulary import check_texts
from headstart.models.trust.weights import check_numbers, inspect, read

FORMAT = 1
CONFIG, FACTS, MANIFEST = "config.json", "headstart.json", "manifest.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model directory that was opened: what it is made of; weights are read when asked for."""

    path: Path
    config: Mapping[str, Any]
    facts: Mapping[str, Any]
    sealed: Sealed | None

    @classmethod
    def open(cls, path: Path) -> Artifact:
        """Open a model directory.

        UsageError if there is none, DataError if it is of an unknown format, StorageError if a file is damaged.
        """
        if path.is_file() and kind_of(path) is not None:
            refuse_pickles(path)
        if not path.is_dir():
            siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() and not path.exists() else []
            fix = nearest(path.name, siblings) if siblings else "give the directory of a model"
            raise UsageError(510, "no such model", where=path, fix=fix)
        if not (path / FACTS).exists() and any(kind_of(p) is not None for p in path.iterdir()):
            refuse_pickles(path)
        facts, config = (_facts(path / name) for name in (FACTS, CONFIG))
        if facts.get("format") != FORMAT or not isinstance(config.get("headstart"), dict):
            fix = "update headstart, or make the model again with this version"
            found = facts.get("format")
            raise DataError(351, "unknown model format", where=path, found=found, expected=FORMAT, fix=fix)
        check_facts(facts, path / FACTS)
        parts: Any = config["headstart"]
        _check_config(parts, path / CONFIG)
        remembered.check(path)
        opened = cls(path, parts, facts, Sealed.of(path))
        opened.check()
        return opened

    def check(self, *, whole: bool = False) -> None:
        """StorageError or ContractError if its files are no longer those that were opened; `whole`: read them all."""
        if self.sealed is not None:
            self.sealed.check(whole=whole)

    @property
    def hash(self) -> str:
        """Identity of the whole directory: the digest of its manifest."""
        return sha256(self.path / MANIFEST)

    @property
    def finished(self) -> bool:
        """Was the run that makes it completed?"""
        return (self.path / MANIFEST).is_file()

    @property
    def public(self) -> bool:
        return False

    @property
    def whole(self) -> bool:
        return True

    def on(self, modality: Modality, kind: str) -> Artifact:
        return self

    @property
    def any_form(self) -> bool:
        return False

    @property
    def spec(self) -> Spec:
        spec = self.modality().spec
        return replace(spec, sizes={**spec.sizes, **self.config["facts"]})

    def modality(self) -> Modality:
        check_texts(self.path)
        loaded: Modality = catalog.load_saved("modalities", self.config["modality"]["kind"]).load(self.path)
        if loaded.cell_columns is not None and (odd := _other_sizes(loaded.spec.sizes, self.config["facts"])):
            fix = "use an intact copy of the model, or make it again"
            raise DataError(
                781, "the columns are not those of the network", where=self.path / CONFIG, found=odd, fix=fix
            )
        return loaded

    def backbone(self) -> Backbone:
        """The backbone with its weights; the files of its modality are not opened."""
        kind = catalog.load_saved("modalities", self.config["modality"]["kind"])
        spec = Spec(self.config.get("layout", kind.layout), self.config["facts"])
        table = self.config["backbone"]
        network = catalog.part(catalog.load_saved("backbones", table["kind"]), table, "backbone")
        with self._room("model.safetensors"):
            built: Backbone = network.build(spec)
        self._fill(built, "model.safetensors", {} if built.interop is None else built.interop.names)
        if odd := built.odd_weights():
            fix = "use an intact copy of the model, or make it again"
            raise DataError(
                780, "weights that no training makes", where=self.path / "model.safetensors", found=odd, fix=fix
            )
        return built

    def knows(self, section: str, table: Mapping[str, Any], head: nn.Module) -> bool:
        """Was it trained by this very objective or task? Settings it does not name are at their defaults."""
        if section not in self.config or self.config[section]["kind"] != table["kind"]:
            return False
        own = self.config[section]
        known = catalog.defaults(catalog.load_saved(f"{section}s", own["kind"]))
        # as JSON: a tuple is a list there
        said, asked = (json.dumps(one, sort_keys=True) for one in ({**known, **own}, table))
        return said == asked

    def fill_head(self, head: Objective) -> None:
        """Weights of the objective or task; what an older model lacks stays as it is built."""
        self._fill(head, "head.safetensors", younger=head.younger)

    def head_room(self) -> AbstractContextManager[None]:
        """While this lasts, no more is made than the head's file holds weights for; DataError beyond."""
        return self._room("head.safetensors")

    def lm_head(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        """A model of ours always names the objective or task that it was trained with."""
        raise AssertionError("its objective or task is asked instead")

    def seen(self) -> np.ndarray:
        """Hashes of the rows this model (and its parents) learned from, sorted uint64."""
        return remembered.seen(self.path)

    def sketches(self) -> np.ndarray:
        """Hash and sketch of these rows, uint8 [n, 8 + bytes], as `remembered.sketched` gives them."""
        return remembered.sketches(self.path)

    def _fill(
        self, module: nn.Module, name: str, names: Mapping[str, str] = MappingProxyType({}),
        younger: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Read a module's weights from a file that holds them under other libraries' names."""
        where = self.path / name
        try:
            tensors = read(where)
        except FileNotFoundError as cause:
            raise DataError(352, "model file is missing", where=where, fix="make the model again") from cause
        wanted = _renamed(module.state_dict(), names)
        tensors = {name: t for name, t in wanted.items() if name.rpartition(".")[2] in younger} | dict(tensors)
        _check_shapes(wanted, tensors, where)
        module.load_state_dict({own: tensors[renamed(own, names)] for own in module.state_dict()})
        check_numbers(module, where)

    def _room(self, name: str) -> AbstractContextManager[None]:
        where = self.path / name
        try:
            return allowance(inspect(where), where)
        except FileNotFoundError as cause:
            raise DataError(352, "model file is missing", where=where, fix="make the model again") from cause


def save(
    path: Path,
    *,
    config: Mapping[str, Any],
    backbone: Backbone,
    head: nn.Module,
    modality: Modality,
    facts: Mapping[str, Any],
    memory: Sequence[remembered.Memory] = (),
) -> None:
    """Write a model into its run directory; `seal` afterwards makes it valid.

    config: {"backbone": {kind, settings}, "facts": sizes, "modality": {...}, and "objective" or "task": {...}}.
    memory: of the rows it learned from, then what its parents remember.
    The network is described and its weights are named as other libraries know them, so that these open it too.
    """
    make_folder(path)
    modality.save(path)
    write_network(path, backbone, {"headstart": dict(config)})
    write_whole(path / "head.safetensors", pack_tensors(_plain(head), {"format": "pt"}))
    remembered.write(path, [one.seen for one in memory], [one.sketches for one in memory])
    write_json(path / FACTS, {"format": FORMAT, **facts})


def write_network(
    path: Path, backbone: Backbone, fields: Mapping[str, Any], more: Mapping[str, Tensor] = MappingProxyType({})
) -> None:
    """config.json, with further fields, and model.safetensors, with further weights, as other libraries read them."""
    interop = backbone.interop or Interop({"model_type": "headstart"}, {})
    tensors = {**_renamed(_plain(backbone), interop.names), **more}
    write_whole(path / "model.safetensors", pack_tensors(tensors, {"format": "pt"}))
    write_json(path / CONFIG, {**interop.config, **fields})


def seal(path: Path) -> str:
    """Write the manifest of every file; its presence says that the directory is complete. Returns its digest."""
    files.seal(path, {"format": FORMAT})
    return sha256(path / MANIFEST)


def _check_config(config: Mapping[str, Any], where: Path) -> None:
    """Every part has a kind and every size is a sane number; DataError otherwise."""
    parts = [config.get(name) for name in ("backbone", "modality")] + [config.get("task", config.get("objective"))]
    parts += [config["augment"]] if "augment" in config else []
    kinds = [str(part.get("kind"))[:100] if isinstance(part, Mapping) else None for part in parts]
    strings = all(isinstance(part.get("kind"), str) for part in parts if isinstance(part, Mapping))
    facts = config.get("facts")
    sizes = list(facts.values()) if isinstance(facts, Mapping) else [0]
    sane = all(isinstance(size, int) and 0 < size < 1 << 24 for size in sizes)
    strings = strings and config.get("layout", "grid") in ("grid", "ids", "steps", "cells")
    if not sane or not strings or None in kinds:
        fix = "restore the file or make the model again"
        raise DataError(
            355, "model config is damaged", where=where, found=f"parts {kinds}, sizes {str(sizes)[:200]}", fix=fix
        )
    learner = "tasks" if "task" in config else "objectives"
    for family, kind in zip(("backbones", "modalities", learner), kinds, strict=False):  # also those nobody asks for
        catalog.load_saved(family, str(kind))
    if kinds[3:] and kinds[3] != kinds[1]:  # else the modality brings it
        catalog.load_saved("augments", str(kinds[3]))


def _other_sizes(own: Mapping[str, int], stated: Mapping[str, Any]) -> str:
    """Sizes of rows that a network was not built for: "cells 14, not 20"; "" where there are none."""
    return ", ".join(f"{name} {own.get(name)}, not {stated.get(name)}" for name in sorted({*own, *stated})
                     if own.get(name) != stated.get(name))  # fmt: skip


def _facts(path: Path) -> dict[str, Any]:
    try:
        return read_object(path)
    except FileNotFoundError as cause:
        raise UsageError(503, "not a headstart directory", where=path.parent, expected=path.name) from cause


def weights_digest(*modules: nn.Module) -> str:
    """SHA-256 over all weights; equal digests mean equal models, bit for bit."""
    digest = hashlib.sha256()
    for module in modules:
        for name, tensor in sorted(module.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _plain(module: nn.Module) -> dict[str, Tensor]:
    return {name: t.detach().cpu().contiguous().clone() for name, t in module.state_dict().items()}


def _renamed(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """The same tensors under other libraries' names."""
    found = {renamed(name, names): tensor for name, tensor in tensors.items()}
    assert len(found) == len(tensors), "two weights have one name outside"
    return found


def _check_shapes(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor], where: Path) -> None:
    """DataError unless names and shapes are those of the module."""
    shapes = [{name: list(t.shape) for name, t in tensors.items()} for tensors in (wanted, given)]
    odd = sorted(name for name in shapes[0].keys() | shapes[1].keys() if shapes[0].get(name) != shapes[1].get(name))
    if odd:
        found, expected = (f"{odd[0]} {side.get(odd[0], 'absent')}" for side in (shapes[1], shapes[0]))
        raise DataError(
            354, "model file does not fit its config", where=where, found=found, expected=expected, fix="make it again"
        )
