"""Notes on an installation: each case, and none where all is well."""

from __future__ import annotations

from typing import Any

import pytest

from headstart.commands.common.install_notes import CPU_BUILD, gpu_packages, notes

WELL: dict[str, Any] = {
    "versions": {"torch": "2.14.1", "torchvision": "0.29.1"}, "packages": {"triton": 10**9}, "cuda": "13.0",
    "devices": ["H200"], "system": "Linux", "machine": "x86_64",
}  # fmt: skip
CPU: dict[str, Any] = {"versions": {"torch": "2.14.1+cpu", "torchvision": "0.29.1+cpu"}, "packages": {}, "cuda": None}


@pytest.mark.parametrize("changed", [{}, {**CPU, "devices": []}, {**CPU, "system": "Darwin", "machine": "arm64"}])
def test_nothing_is_said_where_all_is_well(changed: dict[str, Any]) -> None:
    assert notes(**{**WELL, **changed}) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"devices": []}, f"1.0 GB of its packages do nothing here. To save them: {CPU_BUILD}"),
        ({**CPU, "packages": {"nvidia-nccl": 2 * 10**9, "triton": 0}}, "pip uninstall -y nvidia-nccl triton"),
        ({**CPU, "versions": {"torch": "2.14.1+cpu", "torchvision": "0.29.1"}}, "0.29.1 does not fit torch 2.14.1+cpu"),
        ({"system": "Darwin"}, "no recent wheels for Macs with an Intel processor"),
        ({"system": "Windows"}, "on Windows only the demo and part of the tests are run"),
    ],
)  # fmt: skip
def test_each_thing_is_said_with_what_to_do(changed: dict[str, Any], said: str) -> None:
    (found,) = notes(**{**WELL, **changed})
    assert said in found


def test_packages_for_gpus_have_sizes() -> None:
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) and size > 0 for name, size in gpu_packages().items())
