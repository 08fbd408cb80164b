"""A model that reads statistics of sounds is shown with their spectra all the same."""

from __future__ import annotations

from pathlib import Path

import headstart as hs
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.reports import samples
from tests.helpers.sounds import class_folders


def test_rows_of_a_linear_model_are_spectra_with_a_player(tmp_path: Path) -> None:
    store: Store = hs.prepare(class_folders(tmp_path / "in"), out=tmp_path / "data", near="keep")
    hs.finetune(tmp_path / "data", out=tmp_path / "run", backbone="linear")
    modality = Predictor.load(tmp_path / "run").modality
    assert modality.spec.layout == "cells"
    (look, *_) = samples.seen(store, store.rows("train")[:2], modality)
    assert look.picture is not None
    assert look.picture.size == (store.modality.spec.sizes["width"], store.modality.spec.sizes["height"])
    assert look.sound
