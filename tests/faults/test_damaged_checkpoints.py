"""A checkpoint of which a bit flipped or the end is missing is noticed by its digest; the one before it is taken."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from safetensors import SafetensorError
from safetensors.torch import load as parse_tensors

from headstart.assemble import Parts, pretraining
from headstart.cli import run as command
from headstart.core.recipe import Recipe, override
from headstart.models import artifact
from headstart.training.loop import Progress
from headstart.training.run import checkpoint
from tests.helpers.faults.cases import CASES
from tests.helpers.faults.killing import digest
from tests.helpers.runs import learn

CASE = CASES["autoencoder-mlp"]
FLIPS, CUTS = 100, 25  # of each of the two files


class Cut(Exception):
    """What kills a run here."""


def assembled() -> Parts:
    recipe = override(Recipe(), {"verb": "pretrain", **CASE.asked(steps=9, save=3)})
    return pretraining(recipe, "digits", device="cpu")


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of a run that was cut off: of steps 3 and 6."""
    folder = tmp_path_factory.mktemp("corrupt")

    def watch(progress: Progress, logs: Mapping[str, float]) -> None:
        if progress.step == 7:
            raise Cut

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(folder / "cache"))
        with pytest.raises(Cut):
            learn(assembled(), folder, watch)
    assert sorted(path.name for path in (folder / "last").glob("*.json")) == ["000000003.json", "000000006.json"]
    return folder / "last"


@pytest.fixture
def newest(last: Path) -> Iterator[list[Path]]:
    """Both files of the newest checkpoint, put right again afterwards."""
    files = sorted(last.glob("000000006.*"))
    contents = [path.read_bytes() for path in files]
    yield files
    for path, content in zip(files, contents, strict=True):
        path.write_bytes(content)


def damaged(content: bytes, generator: random.Random) -> Iterator[bytes]:
    """The content with single bits flipped, then with its end cut off, at random places."""
    for _ in range(FLIPS):
        place = generator.randrange(len(content))
        yield content[:place] + bytes([content[place] ^ 1 << generator.randrange(8)]) + content[place + 1 :]
    for _ in range(CUTS):
        yield content[: generator.randrange(len(content))]


def test_every_damage_is_noticed_and_the_checkpoint_before_is_taken(newest: list[Path], last: Path) -> None:
    trainee, generator, noticed = assembled().trainee, random.Random(0), 0
    for path in newest:
        whole = path.read_bytes()
        for content in damaged(whole, generator):
            path.write_bytes(content)
            found, warnings = checkpoint.load(last, trainee)
            assert found is not None
            assert found.state.step == 3
            assert len(warnings) == 1
            assert "000000006 is damaged" in warnings[0]
            noticed += 1
        path.write_bytes(whole)
    assert noticed == 250
    found, warnings = checkpoint.load(last, trainee)
    assert (found.state.step if found else 0, warnings) == (6, [])


def test_negative_control_safetensors_notices_next_to_no_flipped_bit(newest: list[Path]) -> None:
    tensors, noticed = next(path for path in newest if path.suffix == ".safetensors"), 0
    for content in list(damaged(tensors.read_bytes(), random.Random(0)))[:FLIPS]:
        try:
            parse_tensors(content)
        except SafetensorError:
            noticed += 1
    assert noticed < 0.2 * FLIPS


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_run_says_so_and_ends_equal(
    both: bool, seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator, words = random.Random(seed), CASE.words(tmp_path, steps=9, save=3)
    assert command([*words, "--out", str(tmp_path / "whole")]) == 0

    def unsealed(path: Path) -> str:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(artifact, "seal", unsealed)
        assert command([*words, "--out", str(tmp_path / "run")]) == 74
    numbers = sorted(path.stem for path in (tmp_path / "run" / "last").glob("*.json"))
    assert len(numbers) == 2
    for number in numbers[0 if both else 1 :]:
        path = generator.choice(sorted((tmp_path / "run" / "last").glob(f"{number}.*")))
        path.write_bytes(list(damaged(path.read_bytes(), generator))[generator.randrange(FLIPS + CUTS)])
    capsys.readouterr()
    assert command([*words, "--out", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.count("is damaged") == 1 + both
    assert digest(tmp_path / "run") == digest(tmp_path / "whole")
