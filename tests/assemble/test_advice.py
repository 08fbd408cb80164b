"""Whose advice counts where several parts say something of the network."""

from __future__ import annotations

from typing import Any

from headstart.assemble.advice import advised_settings
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.spec import Spec
from headstart.data.modalities.audio.audio import Audio
from headstart.models.backbones.cnn import Cnn
from headstart.training.tasks.classify.classify import Classify
from headstart.training.tasks.transcribe.transcribe import Transcribe
from headstart.training.tunings.full import Full


def test_a_task_knows_more_of_the_network_that_it_needs_than_the_kind_of_data() -> None:
    sounds: Any = Audio()
    about = Circumstances(Spec("grid", {}), 100, "cpu")
    usual = advised_settings(Classify, Cnn, Full, sounds, about, adapts=False)
    assert usual["backbone.channels"] == sounds.defaults.advice["backbone.channels"]
    spoken = advised_settings(Transcribe, Cnn, Full, sounds, about, adapts=False)
    assert spoken["backbone.channels"] == Transcribe.advice["backbone.channels"]
    assert len(spoken["backbone.channels"]) < len(usual["backbone.channels"])  # or letters have no moment of their own
    assert spoken["augment.shift"] == 0.0
