"""What a foreign config.json may say of a Chronos: T5's settings, and how a series is cut and told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headstart.core.errors import DataError
from headstart.models.trust.config_check import admitted

_FORM = "chronos_config"
_MADE = "ChronosBoltModelForForecasting"
_MOST: Mapping[str, int] = {
    "context_length": 1 << 16, "prediction_length": 1 << 14, "input_patch_size": 1 << 10, "input_patch_stride": 1 << 10,
}  # fmt: skip
_MOST_LEVELS = 99


def is_chronos(config: Mapping[str, Any]) -> bool:
    """Does it describe a network that forecasts series?"""
    return _FORM in config


def admitted_chronos(config: Mapping[str, Any], where: object = "backbone.config") -> dict[str, Any]:
    """The config of a Chronos-Bolt without what its network does not read; DataError for another network, or for
    sizes that no network has."""
    made, form = config.get("architectures") or [_MADE], config[_FORM]
    if config.get("model_type") != "t5" or list(made) != [_MADE]:
        found = ", ".join(map(str, made))[:100]
        fix = "use a Chronos-Bolt, such as hf:amazon/chronos-bolt-small"
        raise DataError(850, "this Chronos cannot be read", where=where, found=found, expected=_MADE, fix=fix)
    kept = admitted({name: value for name, value in config.items() if name != _FORM}, where)
    if not isinstance(form, Mapping):
        raise _absurd(_FORM, form, where)
    sizes = {name: form.get(name) for name in _MOST}
    for name, value in sizes.items():
        if type(value) is not int or not 1 <= value <= _MOST[name]:
            raise _absurd(name, value, where)
    levels, ends = form.get("quantiles"), form.get("use_reg_token", False)
    sound = isinstance(levels, list | tuple) and 0 < len(levels) <= _MOST_LEVELS
    if not sound or not all(type(one) is float and 0 < one < 1 for one in levels or ()):
        raise _absurd("quantiles", levels, where)
    if list(levels or ()) != sorted(set(levels or ())):
        raise _absurd("quantiles", levels, where)
    if type(ends) is not bool:
        raise _absurd("use_reg_token", ends, where)
    kept = {name: value for name, value in kept.items() if name != "architectures"}
    return {**kept, "architectures": [_MADE], _FORM: {**sizes, "quantiles": list(levels or ()), "use_reg_token": ends}}


def _absurd(name: str, value: object, where: object) -> DataError:
    found, fix = f"{name} = {str(value)[:100]}", "use an intact copy of the checkpoint"
    return DataError(851, "config of a Chronos has a setting no network has", where=where, found=found, fix=fix)
