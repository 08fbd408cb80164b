"""Command lines that ask for something impossible."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from pathlib import Path

from headstart.data.prepare import prepare
from tests.helpers.badinput.case import Case, nothing, one, put

TRAIN, TUNE = "pretrain digits --out out --quiet", "finetune digits --out out --quiet"


def unlabelled(place: Path) -> None:
    prepare([f"word number {n}" for n in range(40)], place / "data")


CASES = [
    Case("unknown verb", nothing, "pretrane digits", "error[HS-U100]: No such command 'pretrane'. Did you mean 'pretrain', 'prepare', 'rerun'?. fix: see `headstart --help`", 2),
    Case("unknown option", nothing, f"{TRAIN} --epoch 3", 'error[HS-U100]: No such option: --epoch (Possible options: --epochs). fix: see `headstart pretrain --help`', 2),
    Case("option without its value", nothing, "pretrain digits --out", "error[HS-U100]: Option '--out' requires an argument. fix: see `headstart --help`", 2),
    Case("missing --out", nothing, "pretrain digits", "error[HS-U100]: Missing option '--out'. fix: see `headstart pretrain --help`", 2),
    Case("missing argument", nothing, "evaluate", "error[HS-U100]: Missing argument 'model'. fix: see `headstart evaluate --help`", 2),
    Case("argument too many", nothing, f"{TRAIN} digits", 'error[HS-U100]: Got unexpected extra argument(s) (digits). fix: see `headstart pretrain --help`', 2),
    Case("steps that are no number", nothing, f"{TRAIN} --steps many", "error[HS-U100]: Invalid value for '--steps': Input should be a valid integer, unable to parse string as an integer. fix: see `headstart pretrain --help`", 2),
    Case("unknown device", nothing, f"{TRAIN} --device gpu", "error[HS-U100]: Invalid value: unknown device 'gpu', expected auto, cpu, cuda or mps. fix: see `headstart pretrain --help`", 2),
    Case("device with a wrong number", nothing, f"{TRAIN} --device cpu:x", "error[HS-U522]: unknown device: found 'cpu:x', expected auto, cpu, cuda, cuda:N or mps", 2),
    Case("unknown objective", nothing, f"{TRAIN} --objective maskd", "error[HS-R101]: unknown objective: found 'maskd'. fix: did you mean 'masked'?", 78),
    Case("unknown backbone", nothing, f"{TRAIN} --backbone resnett", "error[HS-R101]: unknown backbone: found 'resnett'. fix: did you mean 'resnet'?", 78),
    Case("unknown task", nothing, f"{TUNE} --task clasify", "error[HS-R101]: unknown task: found 'clasify'. fix: did you mean 'classify'?", 78),
    Case("unknown tuning", nothing, f"{TUNE} --tuning lorra", "error[HS-R101]: unknown tuning: found 'lorra'. fix: did you mean 'lora'?", 78),
    Case("neighbours of nothing", nothing, "embed model in --out near.jsonl --nearest 3", "error[HS-U566]: --nearest needs --query. fix: pass --query with a text or file", 2),
    Case("threshold without a label of no class", nothing, f"{TUNE} task.threshold=0.5", "error[HS-R217]: task.threshold needs task.unknown, a value in [0, 1] and one label per row: found unknown='', threshold=0.5, multi_label=false. fix: set task.unknown=oos task.threshold=0.5, or neither", 78),
    Case("labels of zero", nothing, f"{TUNE} --labels 0", "error[HS-R114]: override: 'labels' must be a whole number: found 0, expected 1 or more, below 2 to the power of 63", 78),
    Case("labels below zero", nothing, f"{TUNE} --labels -5", "error[HS-R114]: override: 'labels' must be a whole number: found -5, expected 1 or more, below 2 to the power of 63", 78),
    Case("more labels than rows", nothing, f"{TUNE} --labels 100000", 'error[HS-U520]: not enough labels: found 1445 labelled train rows, expected 100000. fix: ask for fewer labels', 2),
    Case("minutes below zero", nothing, f"{TRAIN} --minutes -1", 'error[HS-R170]: plan.minutes: setting must be above 0: found -1.0', 78),
    Case("minutes that are NaN", nothing, f"{TRAIN} --minutes nan", 'error[HS-R170]: plan.minutes: setting must be above 0: found nan', 78),
    Case("steps of zero", nothing, f"{TRAIN} --steps 0", 'error[HS-R170]: plan.steps: setting must be above 0: found 0', 78),
    Case("epochs without end", nothing, f"{TRAIN} --epochs inf", 'error[HS-R170]: plan.epochs: setting must be above 0: found inf', 78),
    Case("seed below zero", nothing, f"{TRAIN} --seed -1", "error[HS-R114]: override: 'seed' must be a whole number: found -1, expected 0 or more, below 2 to the power of 63", 78),
    Case("seed too large", nothing, f"{TRAIN} --seed 99999999999999999999", "error[HS-R114]: override: 'seed' must be a whole number: found 99999999999999999999, expected 0 or more, below 2 to the power of 63", 78),
    Case("out that is a file", one("out", "x"), f"{TRAIN} --steps 2", 'error[HS-I303]: out: cannot write to the run directory: found File exists. fix: choose a directory you can write to with --out', 74),
    Case("out that holds a thesis", one("out/thesis.txt", "x"), f"{TRAIN} --steps 2", 'error[HS-U501]: out: directory is not empty and holds no run: found thesis.txt. fix: choose another --out; --overwrite only replaces runs', 2),
    Case("data not there", put({"digitz.csv": "x"}), "pretrain digits.csv --out out --quiet", "error[HS-U301]: digits.csv: no such file or folder. fix: did you mean 'digitz.csv'?", 2),
    Case("start not there", nothing, f"{TUNE} --from model", 'error[HS-U510]: model: no such model. fix: give the directory of a model', 2),
    Case("model not there", nothing, "evaluate model digits", 'error[HS-U510]: model: no such model. fix: give the directory of a model', 2),
    Case("folder without a model", one("model/x", "y"), "predict model digits --out p.jsonl", 'error[HS-U503]: model: not a headstart directory: expected headstart.json', 2),
    Case("answers to an unknown kind of file", nothing, "predict model digits --out p.xls", 'error[HS-U570]: unknown file type for --out: found p.xls, expected .jsonl or .csv or .parquet', 2),
    Case("unknown way to write formulas", nothing, "predict model digits --out p.csv --formulas run", "error[HS-U572]: unknown way to write formulas: found 'run'. fix: choose one of keep, quote", 2),
    Case("vectors to an unknown kind of file", nothing, "embed model digits --out v.bin", 'error[HS-U570]: unknown file type for --out: found v.bin, expected .parquet or .npy', 2),
    Case("unknown precision", nothing, "predict model digits --out p.csv --precision half", "error[HS-U533]: unknown precision: found 'half'. fix: choose one of auto, bfloat16, float32", 2),
    Case("proof without a start", nothing, "gain digits --out out --quiet", 'error[HS-U562]: gain needs a pretrained model to judge. fix: pass --from MODEL', 2),
    Case("proof of words", nothing, "gain digits --from model --labels ten --out out --quiet", "error[HS-U563]: --labels must be a list of numbers: found 'ten', expected whole numbers above 0, or all, with commas between them", 2),
    Case("rows to label without a model", nothing, "next digits --out n.csv", "error[HS-U100]: Missing option '--from'. fix: see `headstart next --help`", 2),
    Case("rows to label for nothing learned", nothing, "next digits --from scratch --out n.csv", 'error[HS-U900]: next needs a model: found scratch. fix: pass --from MODEL, fine-tuned or pretrained', 2),
    Case("no row to label", nothing, "next digits --from model --budget 0 --out n.csv", 'error[HS-U902]: --budget must be at least 1: found 0. fix: pass --budget 50', 2),
    Case("rows to label in an unknown kind of file", nothing, "next digits --from model --out n.xls", 'error[HS-U570]: unknown file type for --out: found n.xls, expected .csv or .jsonl or .parquet or .json', 2),
    Case("proof of no labels", nothing, "gain digits --from model --labels 0 --out out --quiet", "error[HS-U563]: --labels must be a list of numbers: found '0', expected whole numbers above 0, or all, with commas between them", 2),
    Case("unknown family", nothing, "show backbon mlp", "error[HS-U580]: unknown family: found 'backbon'. fix: did you mean 'backbone'?", 2),
    Case("unknown kind", nothing, "show backbone mpl", "error[HS-R101]: unknown backbone: found 'mpl'. fix: did you mean 'mlp'?", 78),
    Case("unknown list", nothing, "list backbons", "error[HS-U580]: unknown family: found 'backbons'. fix: did you mean 'backbones'?", 2),
    Case("nothing to show", nothing, "show x", 'error[HS-U581]: x: nothing to show: found no such file or folder. fix: give a model, data, or two words like `objective masked`', 2),
    Case("nothing to verify", one("in/x", "y"), "verify in", 'error[HS-U582]: in: nothing to verify: found no manifest.json. fix: give a finished model, proof or prepared directory', 2),
    Case("verify what is not there", nothing, "verify in", 'error[HS-U582]: in: nothing to verify: found no manifest.json. fix: give a finished model, proof or prepared directory', 2),
    Case("nothing to run again", one("in/x", "y"), "rerun in --out out", 'error[HS-R110]: in/recipe.toml: recipe not found. fix: check the path given to --recipe', 78),
    Case("one class", one("t.csv", "text,label\n" + "".join(f"word number {n},a\n" for n in range(40))), "finetune t.csv --out out --quiet", "error[HS-D401]: classification needs two classes: found ['a']. fix: label rows of a second class", 65),
    Case("no labels at all", unlabelled, "finetune data --out out --quiet", 'error[HS-D310]: data: there are no labels to learn from. fix: prepare with --target COLUMN, or put the files into one folder a class', 65),
    Case("an infinite target", one("t.csv", "text,label\n" + "".join(f"word number {n * n},{n}.5\n" for n in range(40)) + "last,inf\n"), "finetune t.csv --task regress --out out --quiet", 'error[HS-D405]: target is not finite: found inf. fix: correct or drop the row', 65),
]  # fmt: skip
