"""PCA and k-means against scikit-learn and slow, obvious versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from headstart.core.contracts import Batch
from headstart.core.errors import ContractError, DataError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.backbones.linear import Linear
from headstart.models.backbones.mlp import Mlp
from headstart.training.objectives import pca
from headstart.training.objectives.kmeans import Kmeans
from headstart.training.objectives.pca import Pca
from tests.helpers.specs import picture_spec

SPEC = picture_spec(1, 12, 12)


def pieces(batch: Batch, size: int) -> Iterator[Batch]:
    for start in range(0, len(batch["x"]), size):
        yield {name: values[start : start + size] for name, values in batch.items()}


def small(**settings: Any) -> Dictionary:
    return Dictionary(SPEC, **{"words": 20, "kernel": 4, "contrast": 0.01, "pool": 2, **settings})


@pytest.mark.parametrize("whiten", [False, True])
def test_pca_equals_scikit_learn(whiten: bool, pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone, change = Linear(SPEC, width=6), augment()
    step = Pca(backbone, pictures, change, whiten=whiten).solve(backbone, pieces(pictures, 40))
    ready = change.modality.ready(pictures)
    rows = ready["x"].flatten(1).numpy()
    reference = PCA(6, whiten=whiten).fit(rows)
    ours = backbone.summary(backbone(ready)).detach().numpy()
    assert np.allclose(np.abs(ours), np.abs(reference.transform(rows)), atol=1e-3)
    again = reference.inverse_transform(reference.transform(rows))
    assert step.loss.item() == pytest.approx(np.square(again - rows).mean(), rel=0.02)  # over n, not n - 1
    assert step.logs["explained_variance"].item() == pytest.approx(reference.explained_variance_ratio_.sum(), rel=1e-4)


def test_pca_paints_with_its_decoder(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Linear(SPEC, width=16)
    objective = Pca(backbone, pictures, augment(), whiten=True)
    solved = objective.solve(backbone, [pictures]).loss
    shown = objective.illustrate(backbone, pictures)
    error = (shown["reconstruction"] - shown["input"]).square().mean()
    assert error.item() == pytest.approx(solved.item(), rel=0.05)
    assert objective(backbone, pictures).loss.item() == pytest.approx(error.item(), rel=1e-4)


def test_pca_in_chunks_is_close_to_pca_at_once(
    pictures: Batch, augment: Callable[..., Augment], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {name: values.repeat(30, *[1] * (values.ndim - 1)) for name, values in pictures.items()}
    errors: list[float] = []
    for limit in (pca._IN_MEMORY, 10_000):
        monkeypatch.setattr(pca, "_IN_MEMORY", limit)
        backbone = Linear(SPEC, width=8)
        objective = Pca(backbone, many, augment())
        objective.solve(backbone, pieces(many, 100))
        errors.append(objective(backbone, many).loss.item())
    assert errors[1] == pytest.approx(errors[0], rel=0.02)


def test_pca_refuses_what_it_cannot_fill(pictures: Batch, augment: Callable[..., Augment]) -> None:
    with pytest.raises(ContractError, match="linear"):
        Pca(Mlp(SPEC), pictures, augment())
    wide = Linear(SPEC, width=200)
    with pytest.raises(ContractError, match="more components than values"):
        Pca(wide, pictures, augment())
    backbone = Linear(SPEC, width=64)
    with pytest.raises(DataError, match="fewer rows"):
        Pca(backbone, pictures, augment()).solve(backbone, [next(pieces(pictures, 30))])


def test_kmeans_words_answer_as_products_with_whitened_patches(
    pictures: Batch, augment: Callable[..., Augment]
) -> None:
    backbone = small()
    objective = Kmeans(backbone, pictures, augment(), patches=2000, iterations=5)
    objective.solve(backbone, [pictures])
    ready = augment().modality.ready(pictures)
    patches = torch.nn.functional.unfold(ready["x"], 4).transpose(1, 2)  # [B, 81, 16]
    even = (patches - patches.mean(2, keepdim=True)) / (patches.var(2, keepdim=True, unbiased=False) + 0.01).sqrt()
    slow = (even - objective.mean) @ objective.whitening @ objective.centres.T
    answers = even @ backbone.words.weight.flatten(1).T + backbone.words.bias
    ratio = (answers * slow).sum() / slow.square().sum()
    assert torch.allclose(answers, ratio * slow, atol=1e-3)
    assert 0.8 < answers.std(2).mean() < 1.25  # scaled to a deviation near 1 among the words


def test_kmeans_cuts_its_patches_from_what_the_dictionary_sees(
    pictures: Batch, augment: Callable[..., Augment]
) -> None:
    little = pictures["x"][..., :6, :6]
    coarse = little.repeat_interleave(2, 2).repeat_interleave(2, 3)  # pictures of 12 x 12 that hold no more than that
    words: list[torch.Tensor] = []
    for spec, x in ((picture_spec(1, 6, 6), little), (SPEC, coarse)):
        backbone = Dictionary(spec, side=6, words=20, kernel=4, pool=2)
        Kmeans(backbone, pictures, augment(), patches=1000, iterations=5).solve(backbone, [{**pictures, "x": x}])
        words.append(backbone.words.weight.detach())
    assert torch.allclose(*words, atol=1e-5)


def test_kmeans_does_not_depend_on_how_rows_are_batched(pictures: Batch, augment: Callable[..., Augment]) -> None:
    centres: list[torch.Tensor] = []
    for size in (96, 7):
        backbone = small()
        objective = Kmeans(backbone, pictures, augment(), patches=500, iterations=3)
        objective.solve(backbone, pieces(pictures, size))
        centres.append(objective.centres)
    assert torch.allclose(centres[0], centres[1], atol=1e-5)


def test_more_rounds_of_kmeans_explain_more(pictures: Batch, augment: Callable[..., Augment]) -> None:
    losses: list[float] = []
    for rounds in (0, 3, 15):
        backbone = small()
        losses.append(Kmeans(backbone, pictures, augment(), iterations=rounds).solve(backbone, [pictures]).loss.item())
    assert losses[0] > losses[1] > losses[2]


def test_kmeans_fills_the_first_filters_of_a_cnn_and_leaves_the_rest(
    pictures: Batch, augment: Callable[..., Augment]
) -> None:
    backbone = Cnn(SPEC)
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    Kmeans(backbone, pictures, augment(), patches=2000, iterations=5).solve(backbone, [pictures])
    changed = {name for name, value in backbone.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"blocks.0.0.weight"}


def test_kmeans_refuses_what_it_cannot_fill(pictures: Batch, augment: Callable[..., Augment]) -> None:
    with pytest.raises(ContractError, match="dictionary"):
        Kmeans(Mlp(SPEC), pictures, augment())
    backbone = small(words=64)
    with pytest.raises(DataError, match="fewer patches"):
        Kmeans(backbone, pictures, augment(), patches=50).solve(backbone, [pictures])
    one = {name: column[:1] for name, column in pictures.items()}
    with pytest.raises(DataError, match=r"too few train pictures: found 1, expected at least 2. fix: .*words=16"):
        Kmeans(backbone, pictures, augment()).solve(backbone, [one])
