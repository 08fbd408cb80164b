"""Kinds are files: listing imports nothing, loading suggests the nearest, settings are checked against signatures."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Literal

import pytest

from headstart.core import catalog
from headstart.core.errors import RecipeError
from headstart.training.plan import Plan


class Part:
    """A part with settings of every kind."""

    def __init__(
        self,
        runtime: object,
        *,
        width: int = 8,
        rate: float = 0.5,
        mode: Literal["a", "b"] = "a",
        sizes: tuple[int, ...] = (1, 2),
        size: int | Literal["auto"] = "auto",
        needed: bool,
    ) -> None: ...


def run_python(text: str) -> str:
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout


def test_listing_and_summaries_import_nothing() -> None:
    code = (
        "import sys; from headstart.core import catalog\n"
        "for family in catalog.FAMILIES:\n"
        "    for kind in catalog.kinds(family): assert catalog.summary(family, kind)\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('torch', 'numpy', 'pydantic')"
        " or m.startswith(tuple(catalog.FAMILIES.values()))])"
    )
    assert run_python(code).strip() == "[]"


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_kind_is_the_name_of_a_file_or_of_a_folder_with_such_a_file(family: str) -> None:
    here = catalog.folder(family)
    files = [path.stem for path in here.iterdir() if path.suffix == ".py" and path.stem[0] != "_"]
    folders = [path.name for path in here.iterdir() if (path / f"{path.name}.py").is_file()]
    assert catalog.kinds(family) == sorted([*files, *folders]) != []
    for kind in catalog.kinds(family):
        assert catalog.source(family, kind).is_file()


@pytest.mark.parametrize(
    ("family", "kind", "advice"),
    [
        ("backbones", "resnett", "did you mean 'resnet'?"),
        ("modalities", "images", "unknown modality"),
        ("tasks", "clasify", "did you mean 'classify'?"),
        ("tunings", "zzz", "choose one of full, gradual"),
    ],
)
def test_an_unknown_kind_suggests_the_nearest(family: str, kind: str, advice: str) -> None:
    with pytest.raises(RecipeError, match=advice.replace("?", r"\?")):
        catalog.load(family, kind)


def test_a_class_from_outside_is_loaded_by_module_and_name() -> None:
    cls = catalog.load("tunings", "headstart.training.tunings.full:Full")
    assert cls is catalog.load("tunings", "full")
    assert catalog.load_saved("tunings", "headstart.training.tunings.full:Full") is cls


@pytest.mark.parametrize(
    "kind",
    ["no_such_package:Full", "headstart.training.tunings.full:Ful", "headstart.training.plan:Plan", ":Full",
     "subprocess:Popen", "os:system", "headstart.training.tunings.full:"],
)  # fmt: skip
def test_what_is_no_tuning_is_refused(kind: str) -> None:
    with pytest.raises(RecipeError):
        catalog.load("tunings", kind)


def test_a_modality_from_outside_must_have_every_method_of_the_contract() -> None:
    with pytest.raises(RecipeError, match="Modality"):
        catalog.load("modalities", "collections:OrderedDict")


def test_a_saved_name_never_imports_a_module() -> None:
    assert "antigravity" not in sys.modules
    with pytest.raises(RecipeError, match="import antigravity"):
        catalog.load_saved("backbones", "antigravity:Net")
    assert "antigravity" not in sys.modules


def test_settings_get_defaults_and_the_types_of_the_signature() -> None:
    found = catalog.check(Part, {"width": "16", "needed": 1, "sizes": [3]}, "backbone")
    assert found == {"width": 16, "rate": 0.5, "mode": "a", "sizes": (3,), "size": "auto", "needed": True}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"widht": 3, "needed": True}, "did you mean 'width'?"),
        ({"width": "many", "needed": True}, "backbone.width: setting has the wrong type or value: found 'many'"),
        ({"width": 1.5, "needed": True}, "backbone.width"),
        ({"mode": "c", "needed": True}, "backbone.mode"),
        ({"sizes": 3, "needed": True}, "backbone.sizes"),
        ({"size": "large", "needed": True}, "backbone.size:"),
        ({"width": None, "needed": True}, "backbone.width"),
        ({}, "backbone.needed"),
        ({"runtime": 1, "needed": True}, "unknown setting"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        catalog.check(Part, settings, "backbone")
    assert words in caught.value.line()
    assert "\n" not in caught.value.line()


def test_a_frozen_dataclass_is_checked_like_any_constructor() -> None:
    assert catalog.check(Plan, {"steps": 5, "lr": "1e-2"}, "plan")["lr"] == 0.01
    with pytest.raises(RecipeError, match="did you mean 'epochs'"):
        catalog.check(Plan, {"epoch": 5}, "plan")


@pytest.mark.parametrize("family", ["backbones", "objectives", "tasks", "tunings", "modalities"])
def test_the_defaults_of_every_kind_pass_their_own_check(family: str) -> None:
    for kind in catalog.kinds(family):
        cls = catalog.load(family, kind)
        # networks of other libraries say nothing by default
        required: dict[str, object] = {
            "hf": {"config": {}},
            "chronos": {"config": {}},
            "timm": {"architecture": ""},
            "multitask": {"tasks": {}, "shares": {}},  # the labels of train rows say them
        }.get(kind, {})
        if "settings" in catalog.defaults(cls):
            required = {"settings": {}}
        assert set(catalog.check(cls, required, family)) == set(catalog.defaults(cls))
