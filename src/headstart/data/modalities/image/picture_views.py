"""How one picture may lie in another: mirrored, turned, a part of it; and the place where both agree best."""

from functools import cache

import numpy as np

SIDE, CELLS = 16, 8  # of a sketch, and of what is compared
_POINTS = 2 * CELLS  # samples along a side, averaged by twos
_CROPS, _STEP = (0.88, 0.77, 0.675), 0.08  # shares of the side, and the step between their places
_TURNS = (np.deg2rad(5), np.deg2rad(-5))
_ROUNDS, _FARTHEST = 3, 0.1  # steps of the alignment, and the largest change by one


def units(small: np.ndarray) -> np.ndarray:
    """[n, k] without their mean, of length one; of a picture without content zeros."""
    centred = small - small.mean(1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1.0)


@cache
def poses() -> np.ndarray:
    """Where the points of a part lie in the whole, both from -1/2 to 1/2: [n, 2, 3], the first leaves all in place."""
    found = [_pose(), _pose() * np.array([[1, 1, 1], [1, -1, 1]])]
    found += [_pose(size, turn) for turn in _TURNS for size in (1.0, 0.93)]
    for size in _CROPS:
        places = np.linspace(-0.5, 0.5, int(np.ceil((1 - size) / _STEP)) + 1) * (1 - size)
        found += [_pose(size, 0.0, y, x) for y in places for x in places]
    return np.stack(found).astype(np.float32)


def _pose(size: float = 1.0, turn: float = 0.0, y: float = 0.0, x: float = 0.0) -> np.ndarray:
    a, b = size * np.cos(turn), size * np.sin(turn)
    return np.array([[a, -b, y], [b, a, x]])


@cache
def views() -> np.ndarray:
    """What turns a sketch [256] into the 8 x 8 means of each pose: float32 [n, 64, 256]."""
    pixels = np.eye(SIDE * SIDE, dtype=np.float32)
    each = [seen_at(pixels, np.broadcast_to(pose, (SIDE * SIDE, 2, 3))).reshape(-1, CELLS**2).T for pose in poses()]
    return np.ascontiguousarray(np.stack(each))


def seen_at(pictures: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """The 8 x 8 means of sketches [n, 256] where poses [n, 2, 3] say; float32 [n, 8, 8]."""
    points = ((np.arange(_POINTS) + 0.5) / _POINTS - 0.5).astype(np.float32)
    grid = np.stack([*np.meshgrid(points, points, indexing="ij"), np.ones((_POINTS, _POINTS), np.float32)])
    placed = np.clip((pose @ grid.reshape(3, -1) + 0.5) * SIDE - 0.5, 0, SIDE - 1.001)  # [n, 2, points]
    corner = placed.astype(np.int32)
    (down, right), (y, x) = (placed - corner).transpose(1, 0, 2), corner.transpose(1, 0, 2)
    first = np.arange(len(pictures))[:, None] * SIDE * SIDE + y * SIDE + x
    flat = pictures.reshape(-1)
    above = flat[first] * (1 - right) + flat[first + 1] * right
    below = flat[first + SIDE] * (1 - right) + flat[first + SIDE + 1] * right
    values = above * (1 - down) + below * down
    return values.reshape(-1, CELLS, 2, CELLS, 2).mean((2, 4))


def aligned(parts: np.ndarray, wholes: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """The best correlation of unit parts [n, 64] with wholes [n, 256], near the poses [n, 2, 3]; float32 [n].

    Size, turn and place are corrected together (Gauss-Newton on the correlation, Evangelidis and Psarakis 2008).
    """
    best = np.full(len(parts), -1, np.float32)
    middle = ((np.arange(CELLS) + 0.5) / CELLS - 0.5).astype(np.float32)
    y, x = (one.ravel() for one in np.meshgrid(middle, middle, indexing="ij"))
    for left in range(_ROUNDS, -1, -1):
        values = seen_at(wholes, pose)
        flat = values.reshape(len(parts), -1)
        scale = np.maximum(np.linalg.norm(flat - flat.mean(1, keepdims=True), axis=1, keepdims=True), 1.0)
        now = units(flat)
        agrees = (now * parts).sum(1)
        best = np.maximum(best, agrees)
        if not left:
            break
        down, right = (np.gradient(values, 1 / CELLS, axis=a).reshape(len(parts), -1) / scale for a in (1, 2))
        slopes = np.stack([down * y + right * x, right * y - down * x, down, right], 2)  # size, turn, place: [n, 64, 4]
        slopes -= slopes.mean(1, keepdims=True)
        slopes -= now[:, :, None] * (now[:, None] @ slopes)
        square = slopes.transpose(0, 2, 1) @ slopes
        square += 0.0025 * np.trace(square, axis1=1, axis2=2)[:, None, None] * np.eye(4, dtype=np.float32) + 1e-9
        change = np.linalg.solve(square, slopes.transpose(0, 2, 1) @ (parts - agrees[:, None] * now)[:, :, None])
        pose = _moved(pose, np.clip(change[:, :, 0], -_FARTHEST, _FARTHEST))
    return best


def _moved(pose: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Poses after a change [n, 4] of size, turn and place in the part's own frame."""
    size, turn, y, x = change.T
    step = np.stack([np.stack([1 + size, -turn, y], 1), np.stack([turn, 1 + size, x], 1)], 1)
    moved = pose[:, :, :2] @ step
    moved[:, :, 2] += pose[:, :, 2]
    return moved
