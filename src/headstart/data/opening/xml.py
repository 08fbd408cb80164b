"""XML of strangers, read without entities and without deep nesting."""

from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError

MOST = 1 << 24  # bytes: an annotation of one picture has a few thousand
FIX = "correct the annotation or prepare with --skip-bad"


def xml_of(data: bytes, where: str, budget: Budget, *, most: int = MOST, fix: str = FIX) -> Element:
    """The root of an XML file; DataError if it is broken, too large or too deep, declares a document type, or
    has far more elements than data have.

    Without a document type there are no entities, and so nothing that grows when it is read (the billion laughs).
    """
    if len(data) > most:
        raise _no_xml(f"more than {most >> 20} MiB", where, fix)
    budget.check_objects(data.count(b"<"), len(data), where)
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > budget.limits.nesting:
            raise _no_xml(f"elements nested more than {budget.limits.nesting} deep", where, fix)
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: Any) -> None:
        raise _no_xml("a document type, which may declare entities", where, fix)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as cause:  # the latter two: an encoding that nobody knows
        raise _no_xml(str(cause), where, fix) from cause
    return builder.close()


def _no_xml(found: str, where: str, fix: str) -> DataError:
    return DataError(295, "the annotation cannot be read as XML", where=where, found=found, fix=fix)
