"""What to say of an installation: packages that do nothing on this machine, versions that do not fit, systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import distributions

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CPU_BUILD = f"pip uninstall -y torch torchvision, then pip install torch torchvision -i {CPU_INDEX}"
FOR_GPUS = ("nvidia-", "cuda-", "triton")


def gpu_packages() -> dict[str, int]:
    """Bytes of each installed package that only GPUs of NVIDIA use."""
    found: dict[str, int] = {}
    for one in distributions():
        name = (one.metadata["Name"] or "").lower()
        if name.startswith(FOR_GPUS):
            found[name] = sum(file.size or 0 for file in one.files or ())
    return dict(sorted(found.items()))


def notes(
    versions: Mapping[str, str | None], packages: Mapping[str, int], *, cuda: str | None, devices: Sequence[str],
    system: str, machine: str,
) -> list[str]:  # fmt: skip
    """Sentences, each with what to do.

    versions: of torch and torchvision as pip knows them; `cuda`: that torch was built for; packages: `gpu_packages()`;
    system and machine: as `platform` names them.
    """
    said = []
    if cuda is not None and not devices:
        size = f"{sum(packages.values()) / 1e9:.1f} GB"
        said.append(
            f"this PyTorch is built for CUDA {cuda} and there is no GPU: {size} of its packages do nothing here. "
            f"To save them: {CPU_BUILD}, and run `headstart doctor` again"
        )
    if cuda is None and packages:
        size = f"{sum(packages.values()) / 1e9:.1f} GB"
        said.append(f"{size} of packages for GPUs are not used by this PyTorch: pip uninstall -y {' '.join(packages)}")
    torch, vision = versions.get("torch") or "", versions.get("torchvision") or ""
    if "+cpu" in torch and vision and "+cpu" not in vision:
        said.append(
            f"torchvision {vision} does not fit torch {torch}, so timm: models cannot be opened: "
            f"pip uninstall -y torchvision, then pip install torchvision -i {CPU_INDEX}"
        )
    if system == "Darwin" and machine == "x86_64":
        said.append(
            "PyTorch has no recent wheels for Macs with an Intel processor: use Linux, or a Mac with Apple silicon"
        )
    if system == "Windows":
        said.append("on Windows only the demo and part of the tests are run: report what fails")
    return said
