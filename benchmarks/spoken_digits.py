"""Recordings of several spoken digits, put together from the clips of the Free Spoken Digit Dataset.

Every string is of one speaker, with pauses between its digits; train strings are made of train clips, test strings of
test clips. `--held SPEAKER`: test strings of this speaker alone, train strings of the others.

    python benchmarks/spoken_digits.py --data fsdd/ --out runs/strings [--held jackson] [--single]
    headstart finetune runs/strings/strings.csv --target transcript --group speaker ...
"""

from __future__ import annotations

import argparse
import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000  # of the clips
PAUSES = 0.05, 0.3  # seconds between digits
LENGTHS = 2, 5  # digits of a string


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with metadata.csv and recordings.zip")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--held", default="", help="speaker of the test strings")
    parser.add_argument("--single", action="store_true", help="one digit a recording: the clips as they are")
    parser.add_argument("--strings", type=int, nargs=2, default=(3000, 300), help="train and test strings")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    clips = list(read(asked.data, asked.held))
    made = clips if asked.single else strings(clips, asked.strings, np.random.default_rng(asked.seed))
    write(asked.out, made)


Clip = tuple[np.ndarray, str, str, str]
"""Samples int16, transcript, speaker, split."""


def read(folder: Path, held: str = "") -> Iterator[Clip]:
    """Every clip; with a speaker held out, its clips are the test rows and those of the others the train rows."""
    with (folder / "metadata.csv").open() as table, zipfile.ZipFile(folder / "recordings.zip") as archive:
        for row in csv.DictReader(table):
            samples, rate = soundfile.read(io.BytesIO(archive.read(row["file"])), dtype="int16")
            assert rate == RATE
            split = row["split"] if not held else "test" if row["speaker"] == held else "train"
            yield samples, row["transcript"], row["speaker"], split


def strings(clips: list[Clip], counts: tuple[int, int], generator: np.random.Generator) -> Iterator[Clip]:
    """So many train and test strings, the speakers in turn."""
    for split, count in zip(("train", "test"), counts, strict=True):
        by_speaker: dict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            if clip[3] == split:
                by_speaker[clip[2]].append(clip)
        names = sorted(by_speaker)
        for number in range(count):
            own = by_speaker[names[number % len(names)]]
            chosen = [own[n] for n in generator.integers(0, len(own), generator.integers(LENGTHS[0], LENGTHS[1] + 1))]
            yield joined(chosen, generator)


def joined(clips: list[Clip], generator: np.random.Generator) -> Clip:
    """Clips behind each other, with pauses of faint noise in front of, between and behind them."""
    parts = [pause(generator)]
    for samples, *_ in clips:
        parts += [samples, pause(generator)]
    _, _, speaker, split = clips[0]
    return np.concatenate(parts), " ".join(clip[1] for clip in clips), speaker, split


def pause(generator: np.random.Generator) -> np.ndarray:
    size = int(generator.uniform(*PAUSES) * RATE)
    return generator.normal(0, 10, size).astype(np.int16)


def write(folder: Path, clips: Iterator[Clip] | list[Clip]) -> None:
    """WAV files and a table of them."""
    folder.mkdir(parents=True)
    with (folder / "strings.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "transcript", "speaker", "split"])
        for number, (samples, transcript, speaker, split) in enumerate(clips):
            name = f"{number:05}.wav"
            soundfile.write(folder / name, samples, RATE, subtype="PCM_16")
            table.writerow([name, transcript, speaker, split])


if __name__ == "__main__":
    main()
