"""Bombs of sounds: few bytes that stand for hours."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from tests.helpers.bombs.bomb import Bomb, file, folder, zipped
from tests.helpers.sounds import encoded, sound

FAR = "far more than sounds do"
SAMPLES = 40_000_000  # nearly an hour and a half at 8,000 a second


def silence(samples: int = SAMPLES) -> bytes:
    """A FLAC file of nothing, about 340 samples a byte."""
    out, block = io.BytesIO(), np.zeros(1 << 20, np.int16)
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC", subtype="PCM_16") as made:
        for _ in range(samples >> 20):
            made.write(block)
    return out.getvalue()


def unmeasured() -> bytes:
    """The same without its length in the header, as programs write it that stream."""
    data = bytearray(silence())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)


def promised() -> bytes:
    """A short FLAC file whose header promises 19 hours."""
    data = bytearray(encoded(sound(2000), "FLAC"))
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    return bytes(data)


def among(data: bytes, name: str) -> dict[str, bytes]:
    """A bomb among a sound file, in class folders."""
    return {f"a/1.{name}": data, "b/2.wav": encoded(sound(2000))}


BOMBS = (
    Bomb("FLAC of silence", folder(lambda: among(silence(), "flac")), FAR),
    Bomb("FLAC of silence without a length", folder(lambda: among(unmeasured(), "flac")), FAR),
    Bomb("FLAC that promises 19 hours", folder(lambda: among(promised(), "flac")), FAR),
    Bomb("FLAC of silence in a zip", file("in.zip", lambda: zipped(among(silence(), "flac"))), FAR),
)
