"""Repairs are counted by what they are, with the first place and a few examples."""

from headstart.data.preparing.repairs import Repairs


def test_counts_and_examples_come_with_the_first_place() -> None:
    repairs = Repairs()
    repairs.add({"cells are odd": 2}, "a.csv:2")
    repairs.add({"cells are odd": 1, "names are new": "Bergen"}, "a.csv:3")
    for line, name in enumerate(("Oslo", "Oslo", "Molde", "Narvik"), 4):
        repairs.add({"names are new": name}, f"a.csv:{line}")
    assert repairs.sentences == [
        "3 cells are odd, first in a.csv:2",
        "5 names are new (Bergen, Oslo, Molde, ...), first in a.csv:3",
    ]


def test_nothing_is_said_of_rows_as_they_should_be() -> None:
    repairs = Repairs()
    repairs.add({}, "a.csv:2")
    assert repairs.sentences == []
