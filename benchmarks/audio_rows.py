"""Rows U: recordings. Reading them into log-mel spectra, training a small network, tuning a public speech network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.audio.spectra import mel_filters
from headstart.data.preparing.decoding import encoded
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments
from tuning_laps import Ours, Plain, run, trainer_lap

RATE, SIZE, WINDOW, HOP, MELS = 16_000, 512, 400, 160, 64
BATCH = 32
STILL = {f"augment.{name}": 0 for name in ("speed", "shift", "warp", "bands", "times")}
SMALL = {
    "hidden_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 256,
    "conv_dim": (32,) * 7, "num_feat_extract_layers": 7, "num_conv_pos_embeddings": 16, "classifier_proj_size": 128,
    "num_conv_pos_embedding_groups": 4, "mask_time_prob": 0.0, "layerdrop": 0.0,
    "attention_dropout": 0.0, "hidden_dropout": 0.0, "feat_proj_dropout": 0.0, "final_dropout": 0.0,
    "activation_dropout": 0.0,
}  # fmt: skip


def recordings(folder: Path, count: int) -> list[Path]:
    """Tones of two pitches in noise, one to two seconds long, as WAV files in two class folders."""
    import soundfile

    draws, paths = np.random.default_rng(0), list[Path]()
    for number in range(count):
        time = np.arange(int(draws.integers(RATE, 2 * RATE))) / RATE
        pitch = (200, 900)[number % 2] * draws.uniform(0.9, 1.1)
        path = folder / ("low", "high")[number % 2] / f"{number:04d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.2 * np.sin(2 * np.pi * pitch * time) + draws.normal(0, 0.02, len(time)), RATE)
        paths.append(path)
    return paths


def spectrum(wave: Tensor, filters: Tensor) -> Tensor:
    """One clip [S] -> log-mel [mels, frames], as a transform of torchaudio makes it of one clip."""
    found = torch.stft(wave, SIZE, HOP, WINDOW, torch.hann_window(WINDOW), center=False, return_complex=True)
    return (filters @ found.abs().square() + 1e-6).log()


def read_by_transform(paths: list[Path]) -> Lap:
    import soundfile

    filters = torch.from_numpy(mel_filters(RATE, SIZE, MELS))
    watch = Stopwatch()
    watch.start()
    for path in paths:
        samples, _ = soundfile.read(path, dtype="float32")
        spectrum(torch.from_numpy(samples), filters)
    return watch.lap(len(paths))


def read_by_librosa(paths: list[Path]) -> Lap:
    import librosa

    watch = Stopwatch()
    watch.start()
    for path in paths:
        samples, rate = librosa.load(path, sr=None)
        found = librosa.feature.melspectrogram(
            y=samples, sr=rate, n_fft=SIZE, win_length=WINDOW, hop_length=HOP, n_mels=MELS, center=False
        )
        librosa.power_to_db(found)
    return watch.lap(len(paths))


def read_by_ours(paths: list[Path], store: Store) -> Lap:
    """As `predict` reads files: decoded and checked on threads, then spectra of a batch at a time."""
    watch, modality = Stopwatch(), store.modality
    examples = ({"input": path, "origin": path.name} for path in paths)
    watch.start()
    for portion in encoded(modality, examples, Budget(), identified=False):
        rows = MemoryRows(modality, [one.columns for one in portion if one.columns is not None])
        modality.ready(modality.collate(rows.feed(np.arange(len(portion)))))
    return watch.lap(len(paths))


class Clips(torch.utils.data.Dataset[dict[str, Any]]):
    """Samples in memory with their labels, one clip at a time, as the examples of transformers hold them."""

    def __init__(self, store: Store) -> None:
        rows = store.rows("train")
        taken = store.take(rows)
        offsets = taken["x.offsets"]
        self.waves = [taken["x"][a:b].astype(np.float32) / 32767 for a, b in pairwise(offsets)]
        self.labels = [int(label == "high") for label in store.labels_of(rows)]

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"wave": self.waves[index], "labels": self.labels[index]}


class Spectra:
    """The collator of a Trainer: log-mel of each clip, padded to the longest row of the store."""

    def __init__(self, frames: int) -> None:
        self.frames, self.filters = frames, torch.from_numpy(mel_filters(RATE, SIZE, MELS))

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        found = [spectrum(torch.from_numpy(row["wave"]), self.filters) for row in rows]
        x = torch.stack([nn.functional.pad(one, (0, self.frames - one.shape[1])) for one in found])[:, None]
        keep = torch.stack([torch.arange(self.frames) < one.shape[1] for one in found])
        return {"x": x, "keep": keep, "labels": torch.tensor([row["labels"] for row in rows])}


def public(folder: Path) -> Path:
    """A small wav2vec 2.0 as transformers writes it."""
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config(**SMALL)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    return folder


def example_lap(folder: Path, clips: Clips, steps: int) -> Lap:
    """As the audio example of transformers: feature extractor, classifier, a plain loop."""
    from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

    extractor = AutoFeatureExtractor.from_pretrained(folder)
    model = AutoModelForAudioClassification.from_pretrained(folder, num_labels=2)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-4)

    def collate(rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        waves = [row["wave"] for row in rows]
        made = extractor(waves, sampling_rate=RATE, padding=True, return_tensors="pt")
        return {**made, "labels": torch.tensor([row["labels"] for row in rows])}

    def endless() -> Iterator[dict[str, Tensor]]:
        while True:
            yield from DataLoader(clips, BATCH, shuffle=True, drop_last=True, collate_fn=collate)  # pyright: ignore

    watch, batches = Stopwatch(), endless()
    model.train()
    watch.start()
    for _ in range(steps):
        model(**next(batches)).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return watch.lap(steps * BATCH)


def results(given: Any, folder: Path) -> list[Result]:
    paths = recordings(folder / "sounds", given.clips)
    store = hs.prepare(folder / "sounds", out=folder / "data", near="keep", split="train=1.0")
    clips, steps = Clips(store), given.steps
    reading = [
        Way(name="headstart", lap=lambda: read_by_ours(paths, store), ours=True),
        Way(name="soundfile, torch.stft", lap=lambda: read_by_transform(paths)),
        Way(name="librosa", lap=lambda: read_by_librosa(paths)),
    ]
    cnn = Ours(store, {"start": "scratch", "backbone.kind": "cnn", **STILL}, steps, BATCH)
    frames = store.modality.spec.sizes["width"]

    def plain() -> Plain:
        backbone = cnn.parts().trainee.backbone
        return Plain(backbone, backbone.width)

    training = [
        Way(name="headstart", lap=cnn.lap, ours=True),
        Way(name="Trainer, torch.stft a clip", lap=lambda: trainer_lap(plain(), clips, Spectra(frames), steps, BATCH)),
    ]
    start = public(folder / "model")
    speech = Ours(folder / "sounds", {"start": f"hf:{start}", "tuning.kind": "full", **STILL}, steps, BATCH)
    tuning = [
        Way(name="headstart", lap=speech.lap, ours=True),
        Way(name="transformers, plain loop", lap=lambda: example_lap(start, clips, steps)),
    ]
    return [
        alternate(f"U1 reading {len(paths)} clips into log-mel", 1.0, reading, rounds=given.rounds),
        alternate("U2 training cnn, clips", 1.0, training, rounds=given.rounds),
        alternate("U3 tuning a small wav2vec 2.0, clips", 1.0, tuning, rounds=given.rounds),
    ]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--steps", type=int, default=6)
    run(parser, results)


if __name__ == "__main__":
    main()
