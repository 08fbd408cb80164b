"""Sounds on pages: small files, and a page that may play them."""

from __future__ import annotations

import base64
import io
import re
import wave
from pathlib import Path

import numpy as np

import headstart as hs
from headstart.data.modalities.audio.players import MOST, Players
from headstart.data.storage.gather import stacked
from headstart.reports import samples
from tests.helpers.sounds import class_folders, sound


def opened(data: bytes) -> tuple[int, np.ndarray]:
    with wave.open(io.BytesIO(data)) as file:
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_a_short_sound_is_played_as_it_is_stored() -> None:
    stored = (sound(3000) * 32767).astype(np.int16)
    rate, played = opened(Players(16_000).files(stacked([{"x": stored}]))[0])
    assert rate == 16_000
    assert np.array_equal(played, stored)


def test_a_long_sound_is_played_in_few_bytes() -> None:
    stored = (sound(160_000, rate=16_000) * 32767).astype(np.int16)
    data = Players(16_000).files(stacked([{"x": stored}]))[0]
    rate, played = opened(data)
    assert rate == 8000
    assert len(data) <= MOST + 44
    assert np.corrcoef(played[:8000], stored[:16_000:2])[0, 1] > 0.95


def test_a_report_plays_the_rows_it_shows(tmp_path: Path) -> None:
    store = hs.prepare(class_folders(tmp_path / "in"), out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    players = re.findall(
        r'<audio controls preload="none" aria-label="([^"]+)" src="data:audio/wav;base64,([^"]+)">', page
    )
    assert players
    assert "media-src data:" in page
    assert all(label.startswith("listen: ") for label, _ in players)
    assert opened(base64.b64decode(players[0][1]))[0] == 8000
    assert len(page) < 3_000_000
    looks = samples.seen(store, store.rows("train")[:2])
    assert [look.sound is not None and look.picture is not None for look in looks] == [True, True]
