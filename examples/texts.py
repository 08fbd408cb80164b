"""Texts: topics without labels, a classifier from a few labels, and the nearest rows to a question.

python examples/texts.py [FOLDER FOR THE RESULTS]
"""

import random
import sys
from pathlib import Path

import headstart as hs

WORDS = {
    "delivery": "parcel courier late address door arrived box shipped street van",
    "payment": "card bank refund charged price invoice twice account money paid",
    "login": "password reset email account locked code sign screen username expired",
}


def tickets(count: int) -> tuple[list[str], list[str]]:
    """Made-up tickets of a help desk: nine words of their topic and a few of all topics."""
    draw = random.Random(0)
    topics = [draw.choice(sorted(WORDS)) for _ in range(count)]
    every = " ".join(WORDS.values()).split()
    texts = [" ".join(draw.choices(WORDS[topic].split(), k=6) + draw.choices(every, k=3)) for topic in topics]
    return texts, topics


def main(out: Path) -> None:
    texts, topics = tickets(600)

    model = hs.pretrain(texts, objective="lsa", out=out / "pretrained")
    tuned = hs.finetune((texts, topics), start=model, labels=12, out=out / "finetuned")

    for question in ("my card was charged twice", "the code to reset my password expired"):
        print(question, "->", tuned.predict([question])[0]["label"])
    nearest = model.nearest(["the courier came to the wrong door"], texts[:100], k=2)
    print([(row["text"], round(row["similarity"], 2)) for row in nearest[0]])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/texts"))
