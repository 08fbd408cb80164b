"""Tiny public checkpoints that hear, with random weights and the feature extractors of transformers beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers

from tests.helpers import checkpoints

AST = "audio-spectrogram-transformer"
LONG = {"conv_kernel": (10, 8), "conv_stride": (8, 8)}  # 64 samples a place, so that tests are quick


@dataclass(frozen=True, slots=True)
class Hearer:
    """A checkpoint: its folder, transformers' own network and feature extractor."""

    path: Path
    network: Any
    extractor: Any


def _extractors() -> Mapping[str, Any]:
    return {
        "wav2vec2": transformers.Wav2Vec2FeatureExtractor(),
        "hubert": transformers.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True),
        "wavlm": transformers.Wav2Vec2FeatureExtractor(do_normalize=False),
        "whisper": transformers.WhisperFeatureExtractor(feature_size=8, chunk_length=2),
        AST: transformers.ASTFeatureExtractor(num_mel_bins=32, max_length=64),
    }


KINDS = ("wav2vec2", "hubert", "wavlm", "whisper", AST)


def hearer(kind: str, path: Path) -> Hearer:
    """One of them, written as transformers does."""
    settings = checkpoints.SOUND[kind]
    network = checkpoints.write_hf(kind, {**settings, **LONG} if "conv_dim" in settings else settings, path)
    extractor = _extractors()[kind]
    extractor.save_pretrained(path)
    return Hearer(path, network, extractor)
