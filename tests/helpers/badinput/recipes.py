"""Recipes and overrides that say something wrong."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from pathlib import Path

from tests.helpers.badinput.case import Build, Case, nothing, one

RUN = "pretrain digits --out out --quiet --recipe r.toml"
DIRECT = "pretrain digits --out out --quiet"


def recipe(text: str | bytes) -> Build:
    return one("r.toml", text)


def folder(place: Path) -> None:
    (place / "r.toml").mkdir()


CASES = [
    Case("recipe not there", nothing, RUN, 'error[HS-R110]: r.toml: recipe not found. fix: check the path given to --recipe', 78),
    Case("recipe that is a folder", folder, RUN, 'error[HS-R118]: r.toml: recipe cannot be read: found Is a directory. fix: give a TOML file that can be read', 78),
    Case("recipe in Latin-1", recipe('verb = "präg"'.encode("latin-1")), RUN, "error[HS-R111]: r.toml: recipe is not TOML: found 'utf-8' codec can't decode byte 0xe4 in position 10: invalid continuation byte. fix: correct the file", 78),
    Case("settings that are a list", recipe("backbone = [1]\n"), RUN, "error[HS-R113]: r.toml: 'backbone' must be a table: found [1]. fix: write [backbone]", 78),
    Case("recipe of zero bytes", recipe(bytes(9)), RUN, 'error[HS-R111]: r.toml: recipe is not TOML: found Invalid statement (at line 1, column 1). fix: correct the file', 78),
    Case("recipe without an equals sign", recipe("seed 1\n"), RUN, "error[HS-R111]: r.toml: recipe is not TOML: found Expected '=' after a key in a key/value pair (at line 1, column 6). fix: correct the file", 78),
    Case("recipe with a key twice", recipe("seed = 1\nseed = 2\n"), RUN, 'error[HS-R111]: r.toml: recipe is not TOML: found Cannot overwrite a value (at line 2, column 9). fix: correct the file', 78),
    Case("recipe in JSON", recipe('{"seed": 1}'), RUN, 'error[HS-R111]: r.toml: recipe is not TOML: found Invalid statement (at line 1, column 1). fix: correct the file', 78),
    Case("recipe nested without end", recipe("seed = " + "[" * 5000), RUN, 'error[HS-R111]: r.toml: recipe is not TOML: found maximum recursion depth exceeded. fix: correct the file', 78),
    Case("recipe with a number of 5,000 digits", recipe("seed = " + "9" * 5000), RUN, 'error[HS-R111]: r.toml: recipe is not TOML: found Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit. fix: correct the file', 78),
    Case("mistyped key", recipe("sead = 1\n"), RUN, "error[HS-R112]: r.toml: unknown key: found 'sead'. fix: did you mean 'seed'?", 78),
    Case("mistyped table", recipe("[backbon]\nkind = 'mlp'\n"), RUN, "error[HS-R112]: r.toml: unknown key: found 'backbon'. fix: did you mean 'backbone'?", 78),
    Case("table that is none", recipe("plan = 3\n"), RUN, "error[HS-R113]: r.toml: 'plan' must be a table: found 3. fix: write [plan]", 78),
    Case("seed that is text", recipe('seed = "one"\n'), RUN, "error[HS-R114]: r.toml: 'seed' must be a whole number: found 'one', expected 0 or more, below 2 to the power of 63", 78),
    Case("seed that is a truth", recipe("seed = true\n"), RUN, "error[HS-R114]: r.toml: 'seed' must be a whole number: found True, expected 0 or more, below 2 to the power of 63", 78),
    Case("seed below zero in a recipe", recipe("seed = -1\n"), RUN, "error[HS-R114]: r.toml: 'seed' must be a whole number: found -1, expected 0 or more, below 2 to the power of 63", 78),
    Case("labels that are none", recipe("labels = 0\n"), RUN, "error[HS-R114]: r.toml: 'labels' must be a whole number: found 0, expected 1 or more, below 2 to the power of 63", 78),
    Case("start that is a number", recipe("start = 5\n"), RUN, 'error[HS-R119]: r.toml: \'start\' must be text: found 5. fix: write start = "..."', 78),
    Case("unknown backbone in a recipe", recipe("[backbone]\nkind = 'mpl'\n"), RUN, "error[HS-R101]: unknown backbone: found 'mpl'. fix: did you mean 'mlp'?", 78),
    Case("keep_paths that is text", recipe('keep_paths = "yes"\n'), RUN, "error[HS-R120]: r.toml: 'keep_paths' must be true or false: found 'yes'", 78),
    Case("kind that is a number", recipe("[backbone]\nkind = 3\n"), RUN, 'error[HS-R119]: r.toml: \'backbone.kind\' must be text: found 3. fix: write kind = "..."', 78),
    Case("unknown setting of a backbone", recipe("[backbone]\nkind = 'mlp'\nwidth = [3]\n"), RUN, "error[HS-R103]: backbone: unknown setting: found 'width'. fix: did you mean 'widths'?", 78),
    Case("setting of the wrong type", recipe("[backbone]\nkind = 'mlp'\nwidths = 'wide'\n"), RUN, "error[HS-R104]: backbone.widths: setting has the wrong type or value: found 'wide', expected a valid tuple. fix: see `headstart show backbone mlp`", 78),
    Case("unknown setting of the plan", recipe("[plan]\nstep = 10\n"), RUN, "error[HS-R103]: plan: unknown setting: found 'step'. fix: did you mean 'steps'?", 78),
    Case("rate below zero", recipe("[plan]\nlr = -0.1\nsteps = 2\n"), RUN, 'error[HS-R170]: plan.lr: setting must be above 0: found -0.1', 78),
    Case("batch of nothing", recipe("[plan]\nbatch = 0\nsteps = 2\n"), RUN, 'error[HS-R170]: plan.batch: setting must be above 0: found 0', 78),
    Case("batch of a half", recipe("[plan]\nbatch = 2.5\nsteps = 2\n"), RUN, 'error[HS-R104]: plan.batch: setting has the wrong type or value: found 2.5, expected a valid integer, got a number with a fractional part. fix: see `headstart show plan`', 78),
    Case("accumulation that does not divide the batch", recipe("[plan]\nbatch = 10\naccumulate = 3\nsteps = 2\n"), RUN, 'error[HS-R172]: plan.batch must be a multiple of plan.accumulate: found 10 and 3', 78),
    Case("source that is a number", recipe("[data]\nsource = 3\n"), "pretrain --out out --quiet --recipe r.toml", "error[HS-U324]: not a source of data: found int, expected a path, an array, (x, y) arrays, a DataFrame, a list of these, or {'train': ..., 'test': ...}", 2),
    Case("foreign class that is not there", recipe("[backbone]\nkind = 'no.such:Thing'\n"), RUN, "error[HS-R107]: backbone from outside headstart: found 'no.such:Thing'. fix: if you trust it, pass --allow-code; in Python, import no.such first", 78),
    Case("mistyped override", nothing, f"{DIRECT} objektive.hide=.5", "error[HS-R112]: override: unknown key: found 'objektive'. fix: did you mean 'objective'?", 78),
    Case("override of a whole table", nothing, f"{DIRECT} plan=3", "error[HS-R115]: override has the wrong form: found 'plan', expected plan.NAME=VALUE", 78),
    Case("override of a part of a number", nothing, f"{DIRECT} seed.x=3", "error[HS-R115]: override has the wrong form: found 'seed.x', expected seed=VALUE", 78),
    Case("squares as large as the pictures", nothing, f"{DIRECT} --backbone cnn --objective masked objective.patch=9", "error[HS-R300]: objective.patch: the squares do not fit the pictures: found 9, expected 1 to 7 pixels. fix: set objective.patch=auto", 78),
    Case("hidden places in a network without any", nothing, f"{DIRECT} --backbone linear --objective masked", "error[HS-C221]: objective: linear has no map of the picture, so nothing can be hidden: found simmim, expected a backbone with a map of the picture. fix: use backbone 'vit', 'cnn' or 'resnet', or the objective 'autoencoder' with noise", 78),
    Case("teacher that is gone", nothing, f"{DIRECT} --backbone cnn --objective distil objective.teacher=gone", "error[HS-C301]: gone: the teacher is missing: the model can be used and fine-tuned, but distillation cannot continue: found no such model. fix: put it back, or give the directory of a finished model for such data, hf:NAME or timm:NAME", 78),
    Case("average of more than all", nothing, f"{DIRECT} --backbone cnn --objective distil objective.decay=2", "error[HS-R302]: objective: setting is out of range: found projector [512, 128], decay 2.0, expected at least one width, and a share. fix: leave objective.projector and objective.decay out", 78),
    Case("waves longer than the pictures", nothing, f"{DIRECT} --backbone dictionary --objective kmeans backbone.kernel=3 backbone.waves=3", "error[HS-C302]: backbone.waves: the wavelets are larger than the pictures: found 3, expected 2^waves below 8 pixels. fix: set backbone.waves = 0", 78),
]  # fmt: skip
