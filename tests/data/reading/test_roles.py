"""Which columns are taken: those that are named, else those that the model learned from, else the usual ones."""

from __future__ import annotations

import pytest

from headstart.core.errors import DataError
from headstart.data.reading.roles import Ask, Learned, Roles
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example

NEEDED = Learned(inputs=("summary",), target="mood", id="ticket", needed=True)


def chosen(columns: str, *, input: str | None = None, target: str | None = None, **asked: object) -> Roles:
    return choose(columns.split(), input=input, target=target, where="new.csv", ask=Ask(**asked))  # pyright: ignore


def test_the_columns_of_the_model_go_before_the_usual_names() -> None:
    found = chosen("text label summary mood ticket id", learned=NEEDED)
    assert (found.inputs, found.target, found.id) == (("summary",), "mood", "ticket")


def test_capitals_and_outer_spaces_are_no_other_name() -> None:
    assert choose([" Summary ", "text"], input=None, target=None, where="", ask=Ask(learned=NEEDED)).inputs == (
        " Summary ",
    )


def test_a_column_that_is_not_there_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DataError, match=r"'summary'.*input: did you mean 'sumary'"):
        chosen("text sumary", learned=NEEDED)
    with pytest.raises(DataError, match=r"'mood'.*target: did you mean 'moods'"):
        chosen("summary moods", learned=Learned(inputs=("summary",), target="mood", needed=True, labelled=True))


def test_a_named_column_goes_before_that_of_the_model() -> None:
    assert chosen("text label", input="text", learned=NEEDED).inputs == ("text",)


def test_a_start_only_hints() -> None:
    hint = Learned(inputs=("summary",), target="mood")
    assert chosen("text label", learned=hint).inputs == ("text",)
    assert chosen("text summary label", learned=hint).inputs == ("summary",)


@pytest.mark.parametrize(
    ("columns", "id"),
    [("text id", "id"), ("text Id", "Id"), ("text ticket_id", "ticket_id"), ("text PassengerId", "PassengerId"),
     ("text a_id b_id", None), ("text valid", None), ("text UUID label", "UUID")],
)  # fmt: skip
def test_the_usual_names_of_an_id_are_known(columns: str, id: str | None) -> None:
    assert chosen(columns).id == id


@pytest.mark.parametrize(
    ("keep", "kept"), [(None, ()), ("id", ("id",)), ("all", ("id", "text", "note")), ("note,2", ("note", "text"))]
)
def test_kept_columns_stay_with_the_example_as_they_are(keep: str | None, kept: tuple[str, ...]) -> None:
    roles = chosen("id text note", keep=keep)
    row = {"id": 7, "text": "words", "note": None}
    assert example(row, roles, "new.csv:2").get("kept", {}) == {name: row[name] for name in kept}
    with pytest.raises(DataError, match="did you mean 'note'"):
        chosen("id text note", keep="notes")


@pytest.mark.parametrize("damaged", [[], {"inputs": "text"}, {"inputs": [1]}, {"inputs": ["a"], "target": 3}])
def test_damaged_columns_of_a_model_are_refused(damaged: object) -> None:
    with pytest.raises(DataError, match="HS-D218"):
        Learned.from_json(damaged)


def test_what_a_model_remembers_comes_back() -> None:
    roles = Roles(("title", "text"), "stars", None, id="key")
    assert Learned.from_json(roles.to_json()) == Learned(inputs=("title", "text"), target="stars", id="key")
    assert Learned.from_json(None) is None
