"""Tiny public checkpoints with random weights, written as transformers and timm themselves write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
import torch
import transformers
from safetensors.torch import save_file
from timm.models import save_for_hf
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

VOCABULARY = ("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]", *"abcdefghijklmnopqrstuvwxyz")
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
MARKS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
BERT = {**SMALL, "vocab_size": 40, "max_position_embeddings": 32, "pad_token_id": 0}
PICTURE = {"image_size": 32, "patch_size": 8, "num_channels": 3}

TEXTS: Mapping[str, dict[str, Any]] = {
    "bert": BERT,
    "roberta": BERT,
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, "vocab_size": 40,
                   "max_position_embeddings": 32},
    "modernbert": {**BERT, **MARKS, "cls_token_id": 1, "sep_token_id": 2, "global_attn_every_n_layers": 2,
                   "local_attention": 8},
    "deberta-v2": {**BERT, "relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"],
                   "position_biased_input": False, "norm_rel_ebd": "layer_norm", "share_att_key": True,
                   "max_relative_positions": -1, "type_vocab_size": 0},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 40, "n_positions": 32, **MARKS},
    "llama": {**SMALL, **MARKS, "vocab_size": 40, "num_key_value_heads": 1, "max_position_embeddings": 32},
    "t5": {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2, "vocab_size": 40},
}  # fmt: skip
PICTURES: Mapping[str, dict[str, Any]] = {
    "vit": {**SMALL, **PICTURE},
    "dinov2": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, **PICTURE},
    "convnext": {"hidden_sizes": [8, 12, 16, 16], "depths": [1, 1, 2, 1], "num_channels": 3, "image_size": 32},
    "swin": {"embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2], "window_size": 2, **PICTURE, "patch_size": 4},
}
WAVES = {**SMALL, "conv_dim": (8, 8), "conv_kernel": (4, 4), "conv_stride": (4, 2), "num_conv_pos_embeddings": 4,
         "num_conv_pos_embedding_groups": 2, "vocab_size": 20, "num_feat_extract_layers": 2}  # fmt: skip
SOUND: Mapping[str, dict[str, Any]] = {
    "wav2vec2": WAVES,
    "hubert": {**WAVES, "feat_extract_norm": "layer", "do_stable_layer_norm": True},
    "wavlm": WAVES,
    "unispeech": {**WAVES, "feat_extract_norm": "layer", "do_stable_layer_norm": True},
    "unispeech-sat": WAVES,
    "whisper": {"d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2,
                "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "num_mel_bins": 8,
                "max_source_positions": 100, "max_target_positions": 20, "vocab_size": 60, **MARKS,
                "decoder_start_token_id": 1, "suppress_tokens": [], "begin_suppress_tokens": []},
    "audio-spectrogram-transformer": {**SMALL, "max_length": 64, "num_mel_bins": 32, "patch_size": 16,
                                      "frequency_stride": 10, "time_stride": 10},
}  # fmt: skip
TIMM: Mapping[str, tuple[str, dict[str, Any]]] = {
    "resnet": ("resnet18", {"layers": [1, 1, 1, 1], "channels": [64, 8, 8, 16]}),
    "convnext": ("convnext_atto", {"depths": [1, 1, 2, 1], "dims": [8, 8, 12, 16]}),
    "vit": ("vit_tiny_patch16_224", {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2}),
    "swin": ("swin_tiny_patch4_window7_224", {"img_size": 32, "patch_size": 4, "window_size": 4, "embed_dim": 8,
                                              "depths": [1, 2], "num_heads": [1, 2]}),
}  # fmt: skip


def write_hf(kind: str, settings: Mapping[str, Any], path: Path) -> transformers.PreTrainedModel:
    """Save a tiny network with random weights, and a tokenizer or an image processor beside it."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(kind, **settings)
    within = config.is_encoder_decoder and kind in TEXTS
    build = transformers.AutoModelForTextEncoding if within else transformers.AutoModel
    model = build.from_config(config)
    for parameter in model.parameters():  # the usual initial weights are so small that a mistake would hide
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(path)
    if kind in TEXTS:
        tokenizer().save(str(path / "tokenizer.json"))
    if kind in PICTURES:
        processor = transformers.ViTImageProcessor(size={"height": 32, "width": 32}, image_mean=[0.1, 0.2, 0.3])
        processor.save_pretrained(path)
    return model.eval()


def write_timm(kind: str, path: Path) -> torch.nn.Module:
    """Save a tiny network with random weights as timm sends it to a hub, with a classifier that nobody needs."""
    torch.manual_seed(0)
    architecture, args = TIMM[kind]
    model = timm.create_model(architecture, num_classes=7, **args)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    about = {
        "model_args": args,
        "pretrained_cfg": {**model.pretrained_cfg, "input_size": (3, 32, 32), "num_classes": 7},
    }
    save_for_hf(model, str(path), model_config=about, safe_serialization=True)
    return model.eval()


def tokenizer() -> Tokenizer:
    """Words of one letter, with marks at both ends."""
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.add_special_tokens(list(VOCABULARY[:5]))
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return made


def change_config(path: Path, **changes: Any) -> None:
    """Fields of a config.json replaced."""
    fields = json.loads((path / "config.json").read_text("utf-8"))
    (path / "config.json").write_text(json.dumps({**fields, **changes}), "utf-8")


def drop_weight(path: Path, name: str) -> None:
    """A weight removed from model.safetensors."""
    from safetensors.torch import load_file

    tensors = load_file(path / "model.safetensors")
    del tensors[name]
    save_file(tensors, path / "model.safetensors", {"format": "pt"})
