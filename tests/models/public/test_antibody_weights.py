"""Real antibody weights of BERT's shape: AntiBERTy (Ruffolo, Gray and Sulam 2021, MIT), as the package holds them.

Run with HEADSTART_WEIGHTS naming a folder that holds antiberty-0.1.3-py3-none-any.whl (pip download --no-deps).
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import headstart as hs

WHEEL = "antiberty-0.1.3-py3-none-any.whl"
SHA256 = "30d910992b190013871bac49cdc032e01a19339f7d2b958ab99b0eb44638352a"
FILES = ("AntiBERTy_md_smooth/config.json", "AntiBERTy_md_smooth/pytorch_model.bin", "vocab.txt")
ROWS = [
    "EVQLVESGGGLVQPGGSLRLSCAASGFTFSSYAMSWVRQAPGKGLEWVSAISGSGGSTYYADSVKGRFTISRDNSKNTLYLQMNSLRAEDTAVYYCAK",
    "DIQMTQSPSSLSASVGDRVTITCRASQSISSYLNWYQQKPGKAPKLLIYAASSLQSGVPSRFSGSGSGTDFTLTISSLQPEDFATYYC",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = Path(os.environ.get("HEADSTART_WEIGHTS", "")) / WHEEL
    if not given.is_file():
        pytest.skip(f"HEADSTART_WEIGHTS names no folder with {WHEEL}")
    assert hashlib.sha256(given.read_bytes()).hexdigest() == SHA256
    place = tmp_path_factory.mktemp("antiberty")
    with zipfile.ZipFile(given) as wheel:
        for name in FILES:
            (place / Path(name).name).write_bytes(wheel.read(f"antiberty/trained_models/{name}"))
    return place


def test_vectors_are_those_of_transformers(checkpoint: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    hs.convert(checkpoint, out=tmp_path / "safe")
    model = hs.load(tmp_path / "safe")
    found = model.embed(ROWS)
    theirs = BertModel(BertConfig.from_pretrained(checkpoint), add_pooling_layer=False).eval()
    weights = torch.load(checkpoint / "pytorch_model.bin", map_location="cpu", weights_only=True)
    named = {name.removeprefix("bert."): tensor for name, tensor in weights.items() if name.startswith("bert.")}
    assert not theirs.load_state_dict(named, strict=False).missing_keys
    ids = {word: number for number, word in enumerate((checkpoint / "vocab.txt").read_text().split())}
    with torch.no_grad():
        wanted = [theirs(torch.tensor([[ids["[CLS]"], *map(ids.__getitem__, row), ids["[SEP]"]]])) for row in ROWS]
    means = np.stack([one.last_hidden_state[0].mean(0).numpy() for one in wanted])
    np.testing.assert_allclose(found, means, atol=1e-5)
