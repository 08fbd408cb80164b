"""A recipe survives TOML, takes overrides, and says what differs."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from headstart.core import recipe as recipes
from headstart.core.errors import RecipeError
from headstart.core.recipe import Recipe

WORDS = ("plain", "with space", 'a "quoted" one', "back\\slash", "tab\there", "new\nline", "\x7f\x01", "grün 图 🐈", "")


def value(generator: random.Random, depth: int = 0) -> Any:
    """Any value a recipe may hold."""
    makers = [
        lambda: generator.choice(WORDS),
        lambda: generator.randint(-(2**62), 2**62),
        lambda: generator.choice([1e-5, 3e-4, 1e16, -0.1, 0.30000000000000004, math.inf, 5e-324]),
        lambda: generator.random() < 0.5,
        lambda: [value(generator, depth + 1) for _ in range(generator.randint(0, 3))],
        lambda: {generator.choice(WORDS[:3]) or "x": value(generator, depth + 1) for _ in range(2)},
    ]
    return generator.choice(makers[: 4 if depth > 2 else 6])()


def any_recipe(seed: int) -> Recipe:
    generator = random.Random(seed)
    tables: dict[str, Any] = {
        name: {f"key{i}": value(generator) for i in range(generator.randint(1, 4))}
        for name in recipes.TABLES
        if generator.random() < 0.5
    }
    labels = generator.choice([None, generator.randint(1, 9_999)])
    return Recipe(verb="pretrain", seed=generator.randint(0, 2**63 - 1), start="runs/a b", labels=labels, **tables)


def test_two_hundred_random_recipes_survive_a_toml_file(tmp_path: Path) -> None:
    for seed in range(200):
        written = any_recipe(seed)
        recipes.write(written, tmp_path / "r.toml", comment="first line\nsecond line")
        found = recipes.read(tmp_path / "r.toml")
        assert found == written
        assert recipes.differences(found, written) == []


def test_tuples_and_none_come_back_as_equal_recipes(tmp_path: Path) -> None:
    written = Recipe(plan={"steps": 3, "minutes": None}, augment={"jitter": (0.1, 0.2), "boxes": ((1, 2), (3, 4))})
    recipes.write(written, tmp_path / "r.toml")
    assert recipes.differences(recipes.read(tmp_path / "r.toml"), written) == []


def test_differences_name_the_dotted_setting_and_both_values() -> None:
    one = Recipe(seed=1, plan={"lr": 1e-3, "steps": 5})
    other = Recipe(seed=1, plan={"lr": 1e-2, "steps": 5}, labels=7)
    assert recipes.differences(one, other) == ["labels: None -> 7", "plan.lr: 0.001 -> 0.01"]


def test_overrides_replace_single_settings_and_leave_the_rest() -> None:
    base = Recipe(objective={"kind": "masked", "hide": 0.75}, plan={"lr": 1e-3})
    found = recipes.override(
        base, recipes.parse(["objective.hide=0.6", "plan.steps=10", "seed=4", "plan.schedule=linear"])
    )
    assert found.objective == {"kind": "masked", "hide": 0.6}
    assert found.plan == {"lr": 1e-3, "steps": 10, "schedule": "linear"}
    assert found.seed == 4
    assert base.objective["hide"] == 0.75


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a=1", 1), ("a=1e-3", 1e-3), ("a=true", True), ("a=[1, 2]", [1, 2]), ("a='x'", "x"), ("a=x y", "x y"),
        ("a=", ""), ("a=b=c", "b=c"), ("a={b = 2}", {"b": 2}), ("a=2026-01-01x", "2026-01-01x"),
    ],
)  # fmt: skip
def test_values_of_assignments_are_toml_or_else_text(text: str, parsed: Any) -> None:
    assert recipes.parse([text]) == {"a": parsed}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"objektive.hide": 1}, "did you mean 'objective'?"),
        ({"sed": 1}, "did you mean 'seed'?"),
        ({"plan": 1}, "plan.NAME=VALUE"),
        ({"seed.x": 1}, "seed=VALUE"),
        ({"seed": -1}, "0 or more"),
        ({"seed": 2**63}, "whole number"),
        ({"seed": True}, "whole number"),
        ({"labels": 0}, "1 or more"),
        ({"labels": 1.5}, "whole number"),
    ],
)
def test_a_wrong_override_is_refused_with_its_cure(values: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipes.override(Recipe(), values)
    assert words in caught.value.line()
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("text", ["a = ", "[plan", 'plan = "x"', "unknown = 1", "seed = 1.5"])
def test_a_broken_recipe_file_is_one_line_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        recipes.read(tmp_path / "bad.toml")
    assert "bad.toml" in caught.value.line()
    assert "\n" not in caught.value.line()


def test_a_recipe_that_is_not_there_or_not_unicode_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"verb = '\xe9'")
    for name in ("latin.toml", "absent.toml"):
        with pytest.raises(RecipeError):
            recipes.read(tmp_path / name)


def test_a_path_that_is_no_unicode_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="Unicode"):
        recipes.write(Recipe(data={"source": ["caf\udce9"]}), tmp_path / "r.toml")
    assert list(tmp_path.iterdir()) == []


def test_an_object_has_no_place_in_a_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot hold this value"):
        recipes.write(Recipe(plan={"lr": Path("x")}), tmp_path / "r.toml")
