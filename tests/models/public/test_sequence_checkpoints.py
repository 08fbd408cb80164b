"""Public checkpoints for DNA and proteins: the ids and numbers of their own libraries, and words where that fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.contracts import Batch, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, HeadstartError
from headstart.data.storage.gather import stacked
from headstart.models.public.hub import open_checkpoint
from tests.helpers import checkpoints
from tests.helpers.letters import dna, proteins
from tests.helpers.sequence_checkpoints import ESM, EVERY, PROTBERT, esm, nucleotides

every = pytest.mark.parametrize("kind", EVERY)


def batch_of(modality: Modality, rows: tuple[str, ...]) -> Batch:
    """Rows as the network gets them."""
    read = [modality.read({"input": row, "origin": "t:1"}, Budget()) for row in rows]
    columns = stacked([modality.encode(example) for example in read])
    return modality.ready(modality.collate({**columns, **modality.derive(columns)}))


@every
@torch.no_grad()
def test_ids_and_numbers_are_those_of_transformers(kind: str, tmp_path: Path) -> None:
    made = EVERY[kind](tmp_path)
    checkpoint = open_checkpoint(f"hf:{tmp_path}")
    modality: Any = checkpoint.modality()
    assert checkpoint.config["modality"]["kind"] == "sequence"
    assert modality.alphabet == made.alphabet
    batch = batch_of(modality, made.rows)
    given = made.tokenizer([made.written(row) for row in made.rows], padding=True, return_tensors="pt")
    assert torch.equal(batch["x"], given["input_ids"])
    assert torch.equal(batch["keep"].long(), given["attention_mask"])
    expected = made.network(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).last_hidden_state
    found = checkpoint.backbone().eval()(batch).x
    assert torch.allclose(found[batch["keep"]], expected[batch["keep"]], atol=1e-5)


@pytest.mark.parametrize("places", ["rotary", "absolute"])
def test_a_row_is_as_long_as_the_network_has_places_for(places: str, tmp_path: Path) -> None:
    esm(tmp_path, position_embedding_type=places)
    assert open_checkpoint(f"hf:{tmp_path}").modality().spec.sizes["length"] == 58  # behind the id of the padding


@every
def test_the_modality_is_saved_and_opened(kind: str, tmp_path: Path) -> None:
    made = EVERY[kind](tmp_path)
    modality: Any = open_checkpoint(f"hf:{tmp_path}").modality()
    (tmp_path / "saved").mkdir()
    modality.save(tmp_path / "saved")
    opened = type(modality).load(tmp_path / "saved")
    assert opened.spec.key == modality.spec.key
    assert torch.equal(batch_of(opened, made.rows)["x"], batch_of(modality, made.rows)["x"])


def test_letters_of_another_alphabet_are_refused(tmp_path: Path) -> None:
    for name in ("dna", "protein"):
        (tmp_path / name).mkdir()
    nucleotides(tmp_path / "dna")
    esm(tmp_path / "protein")
    with pytest.raises(DataError, match="letter"):
        hs.embed(str(tmp_path / "dna"), proteins(4))
    with pytest.raises(DataError, match=r"HS-D519.*bases alone.*expected protein"):
        hs.embed(str(tmp_path / "protein"), dna(4)[0])
    with pytest.raises(HeadstartError):
        hs.embed(str(tmp_path / "protein"), ["It is a text, and no sequence."])


def test_data_stored_for_another_alphabet_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    nucleotides(tmp_path / "model")
    rows = "\n".join(f"{row},{number % 2}" for number, row in enumerate(proteins(40)))
    (tmp_path / "t.csv").write_text(f"sequence,label\n{rows}\n", "utf-8")
    with pytest.raises(HeadstartError, match="letter"):
        hs.finetune(tmp_path / "t.csv", start=f"hf:{tmp_path / 'model'}", out=tmp_path / "out")


def test_a_protein_network_learns_a_task(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    esm(tmp_path / "model")
    found = proteins(40, longest=50)
    rows = "\n".join(f"{row},{'many' if row.count('K') > 2 else 'few'}" for row in found)
    (tmp_path / "t.csv").write_text(f"sequence,label\n{rows}\n", "utf-8")
    start, out = f"hf:{tmp_path / 'model'}", tmp_path / "out"
    hs.finetune(tmp_path / "t.csv", start=start, out=out, tuning="probe")
    assert {answer["label"] for answer in hs.load(out).predict(found[:4])} <= {"many", "few"}
    facts = json.loads((out / "headstart.json").read_text("utf-8"))
    assert facts["data"]["modality"] == "sequence"
    assert facts["lineage"][0]["name"] == start


def test_a_vocabulary_without_the_marks_that_rows_need_is_refused(tmp_path: Path) -> None:
    made = esm(tmp_path)
    assert made.alphabet == "protein"
    (tmp_path / "vocab.txt").write_text("\n".join(["<cla>", *ESM[1:]]), "utf-8")
    with pytest.raises(DataError, match=r"HS-D515.*cls_token"):
        open_checkpoint(f"hf:{tmp_path}").modality()


def test_pieces_that_cannot_be_cut_here_are_refused(tmp_path: Path) -> None:
    EVERY["protbert_of_words"](tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join([*PROTBERT, "##AL", "MK"]), "utf-8")
    checkpoints.change_config(tmp_path, vocab_size=32)
    with pytest.raises(DataError, match=r"HS-D516.*WordPiece"):
        open_checkpoint(f"hf:{tmp_path}").modality()


def test_ids_without_vectors_are_refused(tmp_path: Path) -> None:
    esm(tmp_path)
    checkpoints.change_config(tmp_path, vocab_size=30)
    with pytest.raises(DataError, match="HS-D398"):
        open_checkpoint(f"hf:{tmp_path}").modality()


def test_code_of_its_own_is_refused_with_the_reason(tmp_path: Path) -> None:
    esm(tmp_path)
    checkpoints.change_config(tmp_path, auto_map={"AutoModel": "modeling_hyena.HyenaDNAModel"})
    with pytest.raises(DataError, match=r"HS-D363.*never run"):
        open_checkpoint(f"hf:{tmp_path}")


def test_a_network_of_texts_stays_one_of_texts(tmp_path: Path) -> None:
    checkpoints.write_hf("bert", checkpoints.BERT, tmp_path)
    assert open_checkpoint(f"hf:{tmp_path}").config["modality"]["kind"] == "text"
    assert np.all(np.isfinite(np.asarray(hs.embed(str(tmp_path), ["a b c"]))))
