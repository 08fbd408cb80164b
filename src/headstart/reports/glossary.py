"""What terms mean, in a sentence each: the one source of explanations on pages and of docs/reference/glossary.md."""

from collections.abc import Iterable
from types import MappingProxyType

OWN = MappingProxyType({
    "answer": "what a task predicts for a row: a class, a number, tags, boxes, a mask, a text",
    "arm": "one of the models that `gain` compares: pretrained, scratch, baseline, constant",
    "blind baseline": "the best answer that ignores the input: the majority class, the mean",
    "candidate": "a start, a network and a tuning that `rank` compares with others",
    "cell": "one trained model of `gain`: one arm, one number of labels, one seed",
    "code": "the small vector in the middle of an autoencoder",
    "contract": "an abstract class or protocol that every kind of a family implements",
    "drift": "a difference in code, settings, data or machine between the start of a run and its continuation",
    "family": "a group of exchangeable parts: sources, modalities, backbones, objectives, tasks, tunings",
    "feed": "how batches are made: `rows` (one row each), `packed` (documents joined and cut), `windows` (a long row "
            "in pieces)",
    "gain": "the difference of two scores on the same rows and labels: pretrained minus scratch, or minus baseline",
    "head start": "what pretraining adds; `gain` measures it",
    "held-out rows": "train or valid rows that are looked at during training and never learned from",
    "key": "a number made from seed, epoch and row; the only source of randomness for that row",
    "kind": "one member of a family; its name is the name of its file or folder",
    "labels that spread": "label propagation: the answers of a probe are passed to similar unlabelled rows",
    "lineage": "the models and data that a model was made from",
    "modality": "a kind of data, such as `image` or `text`, and its preprocessing",
    "objective": "what a network learns from without labels: a loss whose targets come from the input",
    "part": "one object of a run: data, modality, backbone, objective or task, tuning, plan",
    "place": "one position of the tokens: a patch, a token id, a point in time",
    "plan": "optimizer, learning rate, batch and budget of a run",
    "prefix": "tokens in front of the places that summarise the row, such as a class token",
    "recipe": "the TOML file that decides a run; *resolved* means that every choice is written in it",
    "seen rows": "the content hashes of all rows that a model and its parents learned from",
    "self-training": "a network learns from its own sure answers to rows without labels",
    "spec": "what a modality says about its rows: layout, sizes, and what decides their stored form",
    "split": "train, valid or test: rows to learn from, to choose by, and to score on once",
    "start": "what training begins from: a model directory, a public checkpoint, or `scratch`",
    "store": "a prepared directory: cleaned, split, encoded, memory-mapped",
    "task": "what a network learns from labels; its weights are the head",
    "tokens": "what a backbone makes of a batch: vectors `[B, N, D]` and their layout",
    "tuning": "which weights change during fine-tuning, and how fast: `probe`, `spread`, `pairs`, `lpft`, `gradual`, "
              "`lora`, `full`, `selftrain`",
    "verdict": "the conclusion of `gain`: worth it, not worth it, or cannot tell yet",
})  # fmt: skip
FIELD = MappingProxyType({
    "95 % interval": "the true score lies between these bounds with 95 % confidence: small differences may be luck",
    "accuracy": "share of rows whose answer is right",
    "answers move by": "how far the numbers of an answer (probabilities, a value) change, a mean over rows",
    "ap": "average precision of a class, mean over the overlaps .5 to .95 that count as found",
    "ap50": "average precision of a class or of objects; found is what overlaps the truth by half or more",
    "auc": "chance that a row of the class gets a higher probability than one without it; 0.5 is guessing",
    "base_rate": "share of the rows that are of the class",
    "bits_per_byte": "bits that the model needs for one byte of text; lower is better",
    "by luck": "how often the worst of all parts of the rows looks as bad where errors are dealt out at random",
    "chance to be best": "how often this candidate wins when rows and folds are drawn again",
    "claimed": "the probability that the model gives its answer",
    "confusion": "how often each true class (row) was answered as each class (column)",
    "coverage": "share of rows, or of steps of a forecast, whose target lies between `low` and `high` of the answer; "
                "meant to be task.interval, of forecasts task.level",
    "dice": "twice the pixels that answer and truth share, divided by the pixels of both",
    "ece": "calibration error: how far the claimed probabilities are from the true shares; 0 is best",
    "ece_floor": "the calibration error that pure chance gives with so many rows",
    "exact": "share of answers that are the wanted text, letter for letter",
    "expected regret": "score that is lost on average if this candidate is taken and another one is better",
    "explained_variance": "share of the variance of the data that the model keeps",
    "fpr": "share of the rows of other classes that are answered as the class",
    "f1": "harmonic mean of precision and recall: high only if both are",
    "interval_width": "how far `low` and `high` of an answer are apart, a mean over rows, in the unit of the target",
    "iou": "pixels that answer and truth share, divided by those that either has",
    "ks": "Kolmogorov-Smirnov: how far the scores of both classes are apart where they are most; 0 is guessing",
    "known_accuracy": "share of right answers among rows of a class that training saw",
    "loss": "what training makes smaller; its value is comparable within one run only",
    "mcc": "correlation of answers and truth of two classes (Matthews): 0 is guessing, 1 is always right",
    "macro_f1": "F1 of each class, averaged: rare classes count as much as frequent ones",
    "mae": "mean absolute error, in the unit of the target",
    "map": "mean average precision over classes and over the overlaps .5 to .95",
    "map50": "mean average precision over classes; found is what overlaps a true box by half or more",
    "micro_f1": "F1 over all decisions together: frequent classes count most",
    "miou": "mean over classes of the pixels that answer and truth share, divided by those that either has",
    "mase": "mean absolute error of a forecast, in errors of repeating the value of one period before on train steps",
    "mse": "mean squared error; of forecasts in deviations of each series over its train steps, as mae is",
    "near copies": "rows that are almost the same; between train and test they make scores too high",
    "parameters": "numbers of the network that were, or could be, learned",
    "patch": "a small square piece of a picture",
    "last_value_mae": "mae of repeating the last value", "last_value_mse": "mse of repeating the last value",
    "perplexity": "how many tokens the model hesitates between on average; lower is better",
    "predicate_f1": "F1 of finding the words that are predicates",
    "precision": "share of what was answered that is right",
    "r2": "share of the variance of the target that is explained: 1 is perfect, 0 is always answering the mean",
    "recall": "share of what is there that was found",
    "rmse": "root of the mean squared error, in the unit of the target",
    "scratch": "the same network trained from random weights",
    "selection_rate": "share of the rows that are answered as the class, rightly or not",
    "sentence_chrf": "how many groups of letters an answer shares with the wanted text, 0 to 1",
    "simple model": "a model without a network, such as logistic regression on pixels or word counts, that learned "
                    "from the same labels",
    "skill": "1 - loss / loss of the best constant answer to the same rows: 1 is perfect, 0 no better; a mean over "
             "targets",
    "spearman": "how well the order of the answers is that of the targets: 1 the same, 0 unrelated",
    "token_accuracy": "share of words whose tag is right",
    "tpr": "share of the rows of the class that are answered as such, recall",
    "transition_accuracy": "share of right rows among those at most two steps from a change of label, in order of time",
    "true share": "how often answers of this claimed probability are right",
    "unknown_auc": "how well rows of no class are told from the others: 0.5 is guessing",
    "unknown_recall": "share of the rows of no class that are answered as such",
    "unlabelled_f1": "F1 of arguments whose words are right, whatever their role",
    "vectors on their two main axes": "every point is a row; near points look alike to the model",
    "mean_return_mae": "mae of answering the mean return of train steps",
    "mean_return_mse": "mse of answering the mean return of train steps",
    "seasonal_naive_mae": "mae of repeating the values of the last period",
    "seasonal_naive_mse": "mse of repeating the values of the last period",
    "width": "how wide the bands of forecasts are, in deviations of each series",
    "window_mean_mae": "mae of answering the mean of the window",
    "window_mean_mse": "mse of answering the mean of the window",
    "wql": "quantile loss of low, middle and high of forecasts, in deviations of each series; lower is better",
})  # fmt: skip
TERMS = MappingProxyType({**OWN, **FIELD})


_OF = MappingProxyType(
    {
        "baseline_": "of the simple model", "unseen_": "of rows it is not known to have seen",
        "random_split_": "of the simple model, where rows are split at random instead of by group",
    }
)  # fmt: skip


def meaning(name: str) -> str:
    """What a term means, "" if it is none; `baseline_accuracy` is told as the simple model's."""
    key = name.strip().lower()
    for prefix, of in _OF.items():
        if key.startswith(prefix):
            own = meaning(key.removeprefix(prefix))
            return f"the same {of}: {own}" if own else ""
    return TERMS.get(key, "").replace("`", "").replace("*", "")


def used(names: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the names that are terms, in alphabetical order, with what they mean; the simple model's once."""
    found = {
        name.strip().lower().removeprefix("baseline_").removeprefix("unseen_").removeprefix("random_split_")
        for name in names
        if meaning(name)
    }
    found |= {"simple model"} if any(name.startswith("baseline_") for name in names) else set()
    return [(name, meaning(name)) for name in sorted(found)]
