"""XML files of others, read so that nothing in them can do harm."""

from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from headstart.core.errors import DataError

MOST_XML = 1 << 24  # bytes: an annotation of one picture has a few thousand
_DEEPEST = 50
_FIX = "correct the annotation or prepare with --skip-bad"


def xml_of(data: bytes, where: str) -> ElementTree.Element:
    """The root of an XML file; DataError if it is broken, too large or too deep, or declares a document type.

    Without a document type there are no entities, and so nothing that grows when it is read (the billion laughs).
    """
    if len(data) > MOST_XML:
        raise _no_xml(f"more than {MOST_XML >> 20} MiB", where)
    builder, parser, depth = ElementTree.TreeBuilder(), expat.ParserCreate(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _no_xml(f"elements nested more than {_DEEPEST} deep", where)
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: Any) -> None:
        raise _no_xml("a document type, which may declare entities", where)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as cause:  # the latter two: an encoding that nobody knows
        raise _no_xml(str(cause), where) from cause
    return builder.close()


def _no_xml(found: str, where: str) -> DataError:
    return DataError(295, "the annotation cannot be read as XML", where=where, found=found, fix=_FIX)
