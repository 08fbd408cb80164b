"""A really full disk: what cannot fit is refused before it starts, and what is cut off by it goes on later."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.core.errors import StorageError
from headstart.training.run import checkpoint

RUN = ("pretrain digits --backbone mlp --objective autoencoder --quiet --steps 3000 plan.save=20 plan.batch=16 "
       "backbone.widths=[1000,8]")  # fmt: skip


def _small_disks() -> bool:
    """May this user mount a small disk of his own?"""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_a_disk = pytest.mark.skipif(not _small_disks(), reason="the kernel lets this user mount no disk")


def on_a_disk(size: str, script: str, folder: Path) -> str:
    """What a shell script says that works on a disk of its own in $disk; $headstart is the command."""
    disk = folder / "disk"
    disk.mkdir()
    head = (f'disk="{disk}"; headstart="{sys.executable} -m headstart.cli"; mount -t tmpfs -o size={size} tmpfs $disk; '
            f'export HEADSTART_CACHE="{folder}/cache" OMP_NUM_THREADS=1; ')  # fmt: skip
    done = subprocess.run(
        ["unshare", "-Urm", "bash", "-c", head + script], capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@needs_a_disk
def test_a_run_whose_checkpoints_do_not_fit_is_refused_before_its_first_step(tmp_path: Path) -> None:
    told = on_a_disk("3m", f"$headstart {RUN} --out $disk/run; echo code $?; ls -A $disk/run", tmp_path)
    assert "code 74" in told
    line = re.search(r"HS-I311.*disk/run/last: .*: found ([\d,]+) bytes free, expected ([\d,]+) bytes", told)
    assert line, told
    free, needed = (int(number.replace(",", "")) for number in line.groups())
    assert free < 3 << 20 < needed
    assert "last" not in told.splitlines()  # no checkpoint was begun


@pytest.mark.slow
@needs_a_disk
def test_a_disk_that_fills_up_in_the_middle_stops_with_74_and_the_run_goes_on_equal(tmp_path: Path) -> None:
    script = f"""
    $headstart {RUN} --out {tmp_path}/whole
    $headstart {RUN} --out $disk/run 2> {tmp_path}/said & job=$!
    while kill -0 $job && [ ! -e $disk/run/last/000000040.json ]; do sleep 0.01; done
    cat /dev/zero > $disk/filler 2> /dev/null
    wait $job; echo code $?
    cat {tmp_path}/said
    rm $disk/filler
    $headstart {RUN} --out $disk/run; echo again $?
    sha256sum {tmp_path}/whole/model.safetensors $disk/run/model.safetensors | cut -d ' ' -f 1 | uniq | wc -l
    $headstart verify $disk/run
    """
    told = on_a_disk("16m", script, tmp_path)
    assert "code 74" in told, told
    assert re.search(r"HS-I312.*run/last/\d+\.(safetensors|json).*bytes free, expected [\d,]+ bytes", told), told
    assert "again 0" in told
    assert "\n1\n" in told
    assert "all as written" in told


def test_the_room_that_is_asked_for_is_what_two_checkpoints_take(tmp_path: Path) -> None:
    from headstart import pretrain
    from headstart.core.errors import HeadstartError

    sizes: list[int] = []
    save = checkpoint.save

    def weighed(folder: Path, *given: object) -> None:
        save(folder, *given)  # type: ignore[arg-type]
        sizes.append(max(path.stat().st_size for path in folder.glob("*.safetensors")))
        raise HeadstartError(0, "enough")

    asked: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("headstart.training.run.checkpointer.check_room", lambda folder, needed: asked.append(needed))
        patched.setattr(checkpoint, "save", weighed)
        with pytest.raises(HeadstartError, match="enough"):
            pretrain("digits", out=tmp_path / "run", backbone="mlp", objective="autoencoder", steps=3,
                     settings={"plan.save": 1, "plan.ema": 0.9, "backbone.widths": [500, 8]})  # fmt: skip
    assert 2.0 * sizes[0] < asked[0] < 3.3 * sizes[0]  # the best weights are not known yet in the first checkpoint


def test_negative_control_without_the_question_the_same_run_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from headstart import pretrain

    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("headstart.core.files.shutil.disk_usage", lambda path: full)
    settings = {"plan.save": 1, "backbone.widths": [8]}
    with pytest.raises(StorageError, match="not enough room"):
        pretrain("digits", out=tmp_path / "a", backbone="mlp", objective="autoencoder", steps=3, settings=settings)
    monkeypatch.setattr("headstart.training.run.checkpointer.check_room", lambda folder, needed: None)
    pretrain("digits", out=tmp_path / "b", backbone="mlp", objective="autoencoder", steps=3, settings=settings)
