"""What models paint: new pictures, pictures again, and ways between pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import headstart as hs
from headstart.core.errors import ContractError, UsageError
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.inference.predictor import Predictor


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 256, (60, 4, 4))
    return coarse.repeat(2, 1).repeat(2, 2).astype(np.uint8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Store:
    return prepare({"train": pictures}, tmp_path_factory.mktemp("painter") / "data", near="keep")


@pytest.fixture(scope="module", params=["vae", "aae", "ali"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store: Store) -> Predictor:
    out = tmp_path_factory.mktemp("models") / request.param
    settings = {"backbone.dropout": 0.3, "plan.batch": 16, "backbone.widths": [32, 16], "objective.code": 4}
    return hs.pretrain(store, backbone="mlp", objective=request.param, steps=30, out=out, settings=settings)


def values(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(one, int) for one in images])


def test_new_pictures_follow_from_the_seed_however_many_are_asked_for(model: Predictor) -> None:
    first = model.generate(n=150, seed=3)
    assert all(one.size == (8, 8) and one.mode == "L" for one in first)
    assert np.array_equal(values(first), values(model.generate(n=150, seed=3)))
    assert np.abs(values(first[:5]) - values(model.generate(n=5, seed=3))).max() <= 1
    assert not np.array_equal(values(first[:5]), values(model.generate(n=5, seed=4)))
    assert not np.array_equal(values(first[:1]), values(first[1:2]))


def test_a_loaded_model_paints_as_the_one_that_was_saved(model: Predictor, pictures: np.ndarray) -> None:
    assert model.path is not None
    loaded = hs.load(model.path)
    assert np.array_equal(values(loaded.generate(n=9)), values(model.generate(n=9)))
    assert np.array_equal(values(hs.generate(model.path, n=9)), values(model.generate(n=9)))
    one, other = (values([b for _, b in each.reconstruct(pictures)]) for each in (loaded, model))
    assert np.array_equal(one, other)


def test_pictures_stand_beside_what_is_painted_from_their_codes(model: Predictor, pictures: np.ndarray) -> None:
    pairs = model.reconstruct(pictures, n=50)
    assert len(pairs) == 50
    assert np.array_equal(values([a for a, _ in pairs]), pictures[:50])
    batch = {"x": torch.from_numpy(pictures[:50])[:, None], "key": torch.arange(50)}
    ready = model.modality.ready(batch)
    backbone, objective = model.trainee.backbone.eval(), model.trainee.objective.eval()
    with torch.no_grad():
        painted = model.modality.view.denormalise(objective.decode(objective.encode(backbone, ready)))[:, 0].clamp(0, 1)
    assert np.abs(values([b for _, b in pairs]) - 255 * painted.numpy()).max() <= 1


def test_a_way_begins_and_ends_with_the_pictures_and_their_paintings(model: Predictor, pictures: np.ndarray) -> None:
    ways = model.interpolate(list(pictures[:3]), n=5)
    assert [len(way) for way in ways] == [7, 7]
    again = [b for _, b in model.reconstruct(list(pictures[:3]))]
    for i, way in enumerate(ways):
        assert np.array_equal(values([way[0], way[-1]]), pictures[[i, i + 1]])
        assert np.abs(values([way[1], way[-2]]) - values(again[i : i + 2])).max() <= 1
    with torch.no_grad():
        ready = model.modality.ready({"x": torch.from_numpy(pictures[:2])[:, None]})
        backbone, objective = model.trainee.backbone.eval(), model.trainee.objective.eval()
        (middle,) = model.modality.view.render(
            objective.decode(objective.encode(backbone, ready).mean(0, keepdim=True))
        )
    assert np.abs(values([middle]) - values(ways[0][3:4])).max() <= 1


def test_what_cannot_be_painted_is_said_in_one_line(store: Store, pictures: np.ndarray, tmp_path: Path) -> None:
    plain = hs.pretrain(store, backbone="mlp", objective="autoencoder", steps=2, out=tmp_path / "plain")
    assert len(plain.reconstruct(pictures, n=3)) == 3
    with pytest.raises(ContractError, match=r"HS-C149.*aae.*ali or vae"):
        plain.generate(n=3)
    solved = hs.pretrain(store, objective="kmeans", out=tmp_path / "solved", settings={"backbone.kernel": 3})
    with pytest.raises(ContractError, match=r"HS-C155.*aae.*ali, autoencoder or vae"):
        solved.reconstruct(pictures)
    with pytest.raises(UsageError, match="HS-U549"):
        plain.interpolate(pictures[:1])
    for few in (lambda: plain.generate(n=0), lambda: plain.reconstruct(pictures, n=0)):
        with pytest.raises(UsageError, match="HS-U5"):
            few()
    with pytest.raises(UsageError, match="HS-U551"):
        plain.generate("once upon a time")
