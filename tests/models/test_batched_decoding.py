"""Reading in pieces equals reading in one go, and texts written together are those written alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from headstart.core.contracts import Backbone
from headstart.core.errors import ContractError
from headstart.models.backbones.decoder import Decoder
from headstart.models.backbones.encoder import Encoder
from headstart.models.backbones.hf import Hf
from headstart.models.backbones.rnn import Rnn
from headstart.models.batched_decoding import Speech, continued, reading
from headstart.models.nn.sampling import likeliest
from tests.helpers.checkpoints import BERT, SMALL, TEXTS
from tests.helpers.specs import text_spec

SPEC = text_spec(40, 32)
OWN = {
    "decoder": lambda: Decoder(SPEC, width=32, depth=3, heads=2, dropout=0.3),
    "lstm": lambda: Rnn(SPEC, width=24, hidden=32, depth=3, dropout=0.3),
    "gru": lambda: Rnn(SPEC, width=24, hidden=32, cell="gru"),
}
PUBLIC: dict[str, dict[str, Any]] = {
    "gpt2": TEXTS["gpt2"],
    "llama": TEXTS["llama"],
    "gpt_neox": {**SMALL, "vocab_size": 40, "max_position_embeddings": 32},
    "mistral": {**TEXTS["llama"], "sliding_window": 4},
    "opt": {**SMALL, "ffn_dim": 24, "vocab_size": 40, "max_position_embeddings": 32, "word_embed_proj_dim": 16},
}
EVERY = [*OWN, *PUBLIC]


def network(kind: str) -> Backbone:
    """A network in eval mode, its weights large enough to show mistakes."""
    torch.manual_seed(0)
    made = OWN[kind]() if kind in OWN else Hf(SPEC, config={**PUBLIC[kind], "model_type": kind})
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made.eval()


def at_once(backbone: Backbone, x: Tensor) -> Tensor:
    return backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("pieces", [(28,), (1,) * 28, (5, 1, 1, 9, 1, 11), (27, 1)], ids=str)
@torch.inference_mode()
def test_pieces_give_the_states_of_one_pass(kind: str, pieces: tuple[int, ...]) -> None:
    backbone, x = network(kind), torch.randint(0, 40, (3, 28))
    memory, found, place = None, [], 0
    for size in pieces:
        states, memory = backbone.cache(x[:, place : place + size], memory)
        found.append(states)
        place += size
    torch.testing.assert_close(torch.cat(found, 1), at_once(backbone, x), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_a_decoder_remembers_beyond_its_first_room() -> None:
    backbone, x = Decoder(text_spec(40, 512), width=32, depth=2, heads=2).eval(), torch.arange(300)[None] % 40
    memory, found = None, []
    for piece in (x[:, :63], *x[:, 63:140].split(1, 1), x[:, 140:]):
        states, memory = backbone.cache(piece, memory)
        found.append(states)
    torch.testing.assert_close(torch.cat(found, 1), at_once(backbone, x), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_a_memory_knows_the_weights_as_they_are_when_it_is_made() -> None:
    backbone, x = network("decoder"), torch.randint(0, 40, (2, 9))
    backbone.cache(x, None)
    for parameter in backbone.parameters():
        parameter.mul_(1.3)
    torch.testing.assert_close(backbone.cache(x, None)[0], at_once(backbone, x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", EVERY)
def test_texts_written_together_are_those_written_alone(kind: str) -> None:
    backbone = network(kind)
    weight = backbone.token_vectors.detach()
    speech = Speech(weight, None, (0, 1))
    generator = torch.Generator().manual_seed(0)
    begun = [torch.randint(2, 40, (size,), generator=generator).tolist() for size in (3, 9, 4, 1, 9)]
    together = written(backbone, speech, begun, 12)
    for ids, found in zip(begun, together, strict=True):
        assert written(backbone, speech, [ids], 12) == [found]
        assert slowly(backbone, weight, ids, 12) == found


def test_logits_of_a_text_are_the_same_in_any_company() -> None:
    backbone = network("decoder")
    speech = Speech(backbone.token_vectors, None, ())
    seen: list[Tensor] = []

    def watching(logits: Tensor) -> Tensor:
        seen.append(logits.clone())
        return likeliest(logits)

    def logits(begun: list[list[int]], row: int, first: int) -> Tensor:
        seen.clear()
        steps = continued(backbone, speech, begun, watching)
        for _ in range(first + 6):
            next(steps)
        return torch.stack([one[row] for one in seen[first:]])

    alone, company = [7, 8, 9, 10, 11], [5, 6]
    torch.testing.assert_close(logits([alone], 0, 0), logits([company, alone], 1, 3), atol=1e-5, rtol=1e-5)


def written(backbone: Backbone, speech: Speech, begun: list[list[int]], count: int) -> list[list[int]]:
    texts: list[list[int]] = [[] for _ in begun]
    for ids in continued(backbone, speech, begun, likeliest):
        for text, one in zip(texts, ids, strict=True):
            if one >= 0 and len(text) < count:
                text.append(one)
        if all(len(text) == count for text in texts):
            break
    return texts


@torch.inference_mode()
def slowly(backbone: Backbone, weight: Tensor, ids: list[int], count: int) -> list[int]:
    """Without any memory: the whole text is read again for every id; 0 and 1 are never written."""
    whole = list(ids)
    for _ in range(count):
        logits = at_once(backbone, torch.tensor([whole]))[0, -1] @ weight.T
        logits[:2] = -torch.inf
        whole.append(int(logits.argmax()))
    return whole[len(ids) :]


def test_networks_that_cannot_write_say_so() -> None:
    with pytest.raises(ContractError, match=r"HS-C143.*encoder cannot generate text.*bag, decoder, hf or rnn"):
        reading(Encoder(SPEC, width=32, depth=1, heads=2))
    with pytest.raises(ContractError, match="HS-C143"):
        reading(Hf(SPEC, config={**BERT, "model_type": "bert"}))


def test_a_network_with_a_memory_of_another_kind_is_refused_and_not_answered_wrongly() -> None:
    config = {"model_type": "mamba", "hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 40, "state_size": 4}
    backbone = Hf(SPEC, config=config).eval()
    for parameter in backbone.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    with pytest.raises(ContractError, match=r"HS-C145.*mamba"):
        backbone.cache(torch.zeros(1, 1, dtype=torch.long), None)
