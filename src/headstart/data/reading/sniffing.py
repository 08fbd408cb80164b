"""Which modality data are, told from their first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from headstart.core import catalog, contracts
from headstart.core.errors import DataError, alternatives
from headstart.data.file_names import is_sequence_file

LOOK = 20  # rows of each source that are looked at


def sniffed(looked: Sequence[contracts.Example], where: str, *, whole: bool = False) -> str:
    """The modality that recognises most of these rows, of tables that are read whole one for such; DataError if there
    is none."""
    kinds = {kind: catalog.load("modalities", kind) for kind in catalog.kinds("modalities")}
    kinds = {kind: modality for kind, modality in kinds.items() if (modality.columns is not None) == whole}
    if not looked:
        raise no_rows(where)
    counts: Counter[str] = Counter()
    for example in looked:
        value, origin = example["input"], str(example["origin"])
        counts.update(kind for kind, modality in kinds.items() if modality.recognises(value, origin))
    if not counts:
        unread = next((example["input"] for example in looked if isinstance(example["input"], DataError)), None)
        fix = "prepare with --modality " + alternatives(list(kinds))
        if any(is_sequence_file(str(example["origin"])) for example in looked):
            fix = "put the sequence files into one folder, or name them: headstart prepare ONE.fasta OTHER.fasta"
        raise unread or DataError(204, "cannot tell what kind of data these are", where=where, fix=fix)
    return counts.most_common(1)[0][0]


def no_rows(where: str = "") -> DataError:
    """The error for a source that holds nothing."""
    return DataError(331, "the source has no rows", where=where, fix="give a source with at least one row")
