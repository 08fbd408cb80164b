"""What tells sounds apart, where they are seen by statistics."""

from __future__ import annotations

import torch

from headstart.data.modalities.audio.cepstra import names, statistics
from headstart.data.modalities.audio.view import SoundView


def told(louder: slice, mels: slice) -> list[str]:
    """What is said of 20 spectra [40, 50] that are louder in some frames and frequencies than 20 others."""
    generator = torch.Generator().manual_seed(0)
    spectra = torch.randn(40, 40, 50, generator=generator)
    spectra[:20, mels, louder] += 3
    values = statistics(spectra, torch.ones(40, 50, dtype=torch.bool))
    values = (values - values.mean(0)) / values.std(0)
    look = SoundView("statistics").contrast(values[:20], values[20:])
    return ["".join(piece.text for piece in line) for line in look.lines]


def test_the_part_in_which_sounds_are_louder_is_named() -> None:
    assert len(names()) == 156
    assert told(slice(40, 50), slice(0, 40))[0].startswith(("loudness, part 5 of 5: +", "how much loudness varies: +"))
    assert any(line.startswith("loudness, part 1 of 5: +") for line in told(slice(0, 10), slice(0, 40)))


def test_low_tones_are_told_from_high_ones() -> None:
    low, high = (told(slice(0, 50), mels) for mels in (slice(0, 20), slice(20, 40)))
    assert any(line.startswith("low against high tones") and ": +" in line for line in low)
    assert any(line.startswith("low against high tones") and ": -" in line for line in high)
