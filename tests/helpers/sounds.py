"""Small sounds: tones as arrays, and as files of any format."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

RATE = 8000


def sound(samples: int, seed: int = 0, pitch: float = 440.0, rate: int = RATE) -> np.ndarray:
    """A tone that fades, with noise, float32 [samples] within full scale."""
    generator = np.random.default_rng(seed)
    time = np.arange(samples) / rate
    tone = 0.4 * np.sin(2 * np.pi * pitch * time + generator.uniform(0, 6)) * np.exp(-3 * time)
    return (tone + generator.normal(0, 0.01, samples)).astype(np.float32)


def tones(rows: int, rate: int = RATE) -> tuple[list[np.ndarray], list[int]]:
    """Tones of four pitches, of 0.1 to 0.4 seconds, and which pitch each has."""
    lengths = np.random.default_rng(1).integers(rate // 10, rate * 4 // 10, rows)
    classes = [number % 4 for number in range(rows)]
    made = [sound(int(n), seed, 300.0 * 1.6**c, rate) for seed, (n, c) in enumerate(zip(lengths, classes, strict=True))]
    return made, classes


def encoded(samples: np.ndarray, kind: str = "WAV", subtype: str | None = None, rate: int = RATE) -> bytes:
    """A sound as the bytes of a file."""
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype=subtype)
    return out.getvalue()


def class_folders(folder: Path, rows: int = 8, classes: tuple[str, ...] = ("high", "low")) -> Path:
    """<class>/<n>.wav with distinct tones of 0.3 seconds and more."""
    for place, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for row in range(rows):
            data = encoded(sound(2400 + 60 * row, 100 * place + row, 300.0 * 2 ** (2 - 2 * place)))
            (folder / name / f"{row:03d}.wav").write_bytes(data)
    return folder
