"""Terms where they stand on a page, with what they mean; and what stands where there is nothing to show."""

import re

from headstart.core.formatting import escape, isolated, shorten
from headstart.reports.glossary import TERMS, meaning

# terms that are told apart from words of the user: those of several words
_IN_SENTENCES = re.compile(r"\b(" + "|".join(sorted((t for t in TERMS if " " in t), key=len, reverse=True)) + r")\b")


def term(name: str, limit: int = 80) -> str:
    """A name that headstart gave, with what it means where it is a term; pointing at it tells."""
    told, shown = meaning(name), isolated(shorten(name, limit))
    return f'<abbr title="{escape(told)}">{shown}</abbr>' if told else shown


def sentence(text: str) -> str:
    """A sentence in which every term of several words is explained once."""
    told: set[str] = set()

    def explained(match: re.Match[str]) -> str:
        if match[1] in told:
            return match[1]
        told.add(match[1])
        return f'<abbr title="{escape(meaning(match[1]))}"><bdi>{match[1]}</bdi></abbr>'

    return f"<bdi>{_IN_SENTENCES.sub(explained, escape(text))}</bdi>"


def terms_in(page: str) -> list[str]:
    """The terms that a page explains."""
    return list(dict.fromkeys(re.findall(r'<abbr title="[^"]*"><bdi>([^<]*)</bdi>', page)))


def empty(words: str) -> str:
    """What stands in place of a block that has nothing to show."""
    return f'<p class="empty">{words}</p>'
