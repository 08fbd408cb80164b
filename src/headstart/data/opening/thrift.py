"""Thrift's compact protocol, in which Parquet files say what they hold (Apache Thrift, thrift-compact-protocol.md)."""

from __future__ import annotations

from typing import Any


def struct(data: bytes, place: int) -> tuple[dict[int, Any], int]:
    """The fields of a struct by number, and where it ends: numbers, bytes, lists and structs; truths and fractions are
    passed over. IndexError if the bytes end before it does, ValueError for what is no such struct."""
    fields, number = dict[int, Any](), 0
    while data[place]:
        kind, step = data[place] & 15, data[place] >> 4
        place += 1
        if step:
            number += step
        else:
            number, place = _signed(data, place)
        if kind in (1, 2):  # true or false, said by the kind itself
            continue
        fields[number], place = _value(data, place, kind)
    return fields, place + 1


def _value(data: bytes, place: int, kind: int) -> tuple[Any, int]:
    if kind in (1, 2, 3):  # in a list
        return None, place + 1
    if kind in (4, 5, 6):
        return _signed(data, place)
    if kind == 7:
        return None, place + 8
    if kind == 8:
        size, place = _varint(data, place)
        return data[place : place + size], place + size
    if kind in (9, 10):
        size, inner = data[place] >> 4, data[place] & 15
        place += 1
        if size == 15:
            size, place = _varint(data, place)
        found = list[Any]()
        for _ in range(size):
            value, place = _value(data, place, inner)
            found.append(value)
        return found, place
    if kind == 12:
        return struct(data, place)
    raise ValueError("a header that is none")


def _signed(data: bytes, place: int) -> tuple[int, int]:
    value, place = _varint(data, place)
    return (value >> 1) ^ -(value & 1), place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("a number of more than 64 bits")
