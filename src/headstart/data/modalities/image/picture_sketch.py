"""What a model remembers of a picture: 64 coarse places, by which a changed copy is known again."""

import numpy as np
from PIL import Image

SIDE = 8
LIKE = 0.95  # correlation of a copy: half size, compression at quality 50 and 5 % cut off keep more
SURE = 0.9997  # of 10,000 unrelated pictures of digits or clothes none correlate so much, of compressed ones nearly all
NEARER = 0.07  # of the distance of the fifth nearest picture: at 0.1 one of 1,000 clothes is taken for a copy
FIFTH = 5
AT_ONCE = 1 << 24  # correlations held at a time: 64 MB


def sketches(pictures: np.ndarray) -> np.ndarray:
    """uint8 [n, C, H, W] -> int8 [n, 64] as uint8: brightness of 8 x 8 places about their mean, the largest 127."""
    grey = pictures[:, 0] if pictures.shape[1] == 1 else _grey(pictures)  # [n, H, W]
    small = np.stack([_reduced(picture) for picture in grey.astype(np.float32)])  # [n, 64]
    small -= small.mean(1, keepdims=True)
    largest = np.abs(small).max(1, keepdims=True)
    return np.rint(127 * small / np.maximum(largest, 1.0)).astype(np.int8).view(np.uint8)


def resembling(seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """For each sketch asked [n, 64] the number of one seen [m, 64] of which it is a copy, perhaps mirrored, else -1.

    Between pictures of one kind, such as handwritten digits, the nearest is often near. So unless it is equal but for
    compression, the nearest has to be much nearer than the fifth (a ratio test, as by Lowe 2004, section 7.1).
    """
    known, found = _units(seen), np.full(len(asked), -1, np.int64)
    step = max(1, AT_ONCE // max(1, len(seen)))
    for start in range(0, len(asked) if len(seen) else 0, step):
        some = asked[start : start + step]
        mirrored = some.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(len(some), -1)
        like, turned = (_units(side) @ known.T for side in (some, mirrored))  # [step, m]
        fifth = min(FIFTH, len(seen) - 1)
        usual = 1 - np.partition(like, -1 - fifth, axis=1)[:, -1 - fifth]
        best = np.maximum(like, turned)
        places = best.argmax(1)
        most = best[np.arange(len(some)), places]
        copies = (most >= SURE) | ((most >= LIKE) & (1 - most <= NEARER * usual))
        found[start : start + step] = np.where(copies, places, -1)
    return found


def _grey(pictures: np.ndarray) -> np.ndarray:
    if pictures.shape[1] != 3:
        return pictures.mean(1)
    return np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), pictures.astype(np.float32), (0, 1))


def _reduced(picture: np.ndarray) -> np.ndarray:
    """Means over 8 x 8 places of a picture [H, W], float32 [64]."""
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)).ravel()


def _units(sketch: np.ndarray) -> np.ndarray:
    """As vectors of length one; of a picture without content zeros, which resemble nothing."""
    vectors = sketch.view(np.int8).astype(np.float32)
    vectors -= vectors.mean(1, keepdims=True)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1.0)
