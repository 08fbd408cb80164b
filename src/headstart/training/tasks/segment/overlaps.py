"""How well answered masks lie over true ones: counts of pixels and objects, and what they come to."""

from functools import lru_cache

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import mask_of
from headstart.training.tasks.segment.instances import matched
from headstart.training.tasks.segment.mask_labels import UNKNOWN, classes_in

_REMEMBERED = 8192  # pairs of masks: intervals score the same rows hundreds of times


@lru_cache(_REMEMBERED)
def pixels(predicted: str, truth: str, values: tuple[int, ...], ignore: int) -> np.ndarray:
    """Pixels of each class found, invented and missed, int64 [K, 3]; both masks as labels hold them."""
    answer, true = _pair(predicted, truth)
    count = len(values) or 2
    said, wanted = classes_in(answer, values, -1), classes_in(true, values, ignore)
    judged = wanted != UNKNOWN
    said, wanted = said[judged].astype(np.int64), wanted[judged].astype(np.int64)
    table = np.bincount(said * (count + 1) + np.where(wanted < 0, count, wanted), minlength=count * (count + 1))
    table = table.reshape(count, count + 1)  # the last column: classes that train never saw
    right = np.diag(table)
    return np.stack([right, table.sum(1) - right, table[:, :count].sum(0) - right], 1)


@lru_cache(_REMEMBERED)
def objects(predicted: str, truth: str) -> tuple[int, int, int]:
    """Objects found, invented and missed."""
    return matched(*_pair(predicted, truth))


def _pair(predicted: str, truth: str) -> tuple[np.ndarray, np.ndarray]:
    answer, true = (
        mask_of({"mask": predicted}, "an answer", Budget()),
        mask_of({"mask": truth}, "a scored row", Budget()),
    )
    if answer.shape != true.shape:
        found, expected = (f"{height} x {width}" for height, width in (answer.shape, true.shape))
        raise DataError(433, "the predicted mask has another size than the true one", found=found, expected=expected,
                        fix="prepare the data again")  # fmt: skip
    return answer, true


def dice(counts: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) of counts [..., 3]; nan where there is nothing."""
    return _share(2 * counts[..., 0], counts)


def iou(counts: np.ndarray) -> np.ndarray:
    """TP / (TP + FP + FN) of counts [..., 3]; nan where there is nothing."""
    return _share(counts[..., 0], counts)


def _share(right: np.ndarray, counts: np.ndarray) -> np.ndarray:
    whole = right + counts[..., 1] + counts[..., 2]
    return np.where(whole > 0, right / np.maximum(whole, 1), np.nan)


def mean_of(each: np.ndarray) -> float:
    """Mean over what is there; 1 where nothing was to be found and nothing was."""
    there = each[~np.isnan(each)]
    return float(there.mean()) if len(there) else 1.0


def mean_dice(mean: np.ndarray) -> np.ndarray:
    """Dice from mean counts of the pixels of each class found, invented and missed [..., 3 K], mean over classes."""
    return _over_classes(2 * mean[..., 0::3], mean[..., 1::3] + mean[..., 2::3])


def mean_iou(mean: np.ndarray) -> np.ndarray:
    """The same for the intersection over union."""
    return _over_classes(mean[..., 0::3], mean[..., 1::3] + mean[..., 2::3])


def _over_classes(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur of right / (right + wrong) [..., K]; 1 where there is nothing at all."""
    whole = right + wrong
    there = (whole > 0).sum(-1)
    return np.where(there > 0, (right / np.maximum(whole, 1e-12)).sum(-1) / np.maximum(there, 1), 1.0)
