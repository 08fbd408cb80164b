"""Raw examples -> a complete prepared directory: clean, deduplicate, split, encode, in one pass over decoded data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.blocks import Block, Portion, ReadBlock
from headstart.core.contracts.timeline import MOMENT
from headstart.core.errors import DataError
from headstart.core.version import __version__
from headstart.data.preparing import duplicates, groups
from headstart.data.preparing.assign_splits import Rules, assign
from headstart.data.preparing.content_hash import Content
from headstart.data.preparing.decoding import Encoded, encoded
from headstart.data.preparing.derived_columns import chunks, derive
from headstart.data.preparing.row_table import RowTable, class_counts, write_rejected
from headstart.data.preparing.sketching import sketches_of
from headstart.data.preparing.split import NAMES
from headstart.data.reading import portions
from headstart.data.reading.open_raw import Raw, quiet_decoders
from headstart.data.reading.sniffing import no_rows
from headstart.data.storage import apart, manifest, reach
from headstart.data.storage.gather import column, rows_of, taken
from headstart.data.storage.writer import Writer

Progress = Callable[[int], None] | None
_NEAR_BITS = 10  # of 128: nearly all re-encoded photographs differ in fewer, and texts that share 84 % of their pieces
_TRAIN = frozenset((None, "train"))  # parts of rows from which a modality learns
_PAIRS = 256  # candidates compared at once


def write(
    directory: Path,
    raw: Raw,
    content: Content,
    modality: contracts.Modality,
    rules: Rules,
    facts: Mapping[str, Any],
    progress: Progress,
    *,
    fitted: bool = False,
) -> None:
    """Fill an empty directory with rows of this content. `facts` go into the manifest as they are; a modality that is
    `fitted` learns nothing of these rows."""
    with quiet_decoders(), Writer(directory) as writer:
        if not fitted:
            fit(modality, raw, content)
        ledger, bad = _collect(raw, content, modality, rules, writer, progress)
        verdicts, related = _judge(directory, ledger, modality, rules, writer)
        families = _families(directory, modality, rules, writer, verdicts.keep)
        if rules.group == groups.SIMILARITY:
            ledger.groups = groups.named(families, verdicts.keep)
        related = np.concatenate([related, ledger.pieces])
        parts, warnings = assign(ledger, verdicts.keep, related, rules)
        columns = writer.finish(verdicts.keep)
    rows = np.flatnonzero(verdicts.keep)
    given = bool((ledger.parts[rows] >= 0).any())
    times = None if rules.time is None or ledger.steps else ledger.moments(rules.time_format)[rows]
    if times is not None and modality.past is not None:
        _check_order(times, [ledger.origins[row] for row in rows.tolist()])
    ledger.write(directory / "rows.parquet", rows, parts, times)
    apart.write(directory, ledger.apart.columns(rows))
    rejected = bad + _copies(ledger, verdicts)
    write_rejected(directory / "rejected.parquet", rejected)
    train = np.flatnonzero(parts == 0) if (parts == 0).any() else np.arange(len(parts))  # data only to evaluate on
    if not fitted:
        modality.fit_stored(chunks(directory, columns, train))
    derived = derive(directory, modality, columns)
    modality.save(directory)
    described = {
        **facts,
        "used": [*facts["used"], *modality.told],
        "columns": {**columns, **derived},
        "timeline": reach.described(modality.timeline),
        "settled": sorted(derived),
        "splits": {name: int((parts == i).sum()) for i, name in enumerate(NAMES) if (parts == i).any()},
        "parts": "given" if given else "made",
        "classes": class_counts(ledger.labels[rows], parts, ledger.texts) if ledger.are_classes() else {},
        "kept": len(rows),
        "rejected": dict(sorted(Counter(reason for _, reason, _ in rejected).items())),
        "licence": rules.licence,
        "created_by": f"headstart {__version__}",
        "labels": raw.labels.told,
        "repairs": ledger.repairs.sentences,
        "warnings": [
            *facts["notes"],
            *ledger.repairs.sentences,
            *raw.labels.warnings,
            *warnings,
            *groups.divided(families, parts, given=given),
        ],
    }
    manifest.write(directory, described)


def _check_order(times: np.ndarray, origins: Sequence[str]) -> None:
    """DataError where a row that sees those before it comes after a later one."""
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        fix = "sort the rows by their times"
        raise DataError(896, "the rows are not in order of time, and each sees those before it",
                        where=origins[int(back[0]) + 1], fix=fix)  # fmt: skip


def _collect(
    raw: Raw, content: Content, modality: contracts.Modality, rules: Rules, writer: Writer, progress: Progress
) -> tuple[RowTable, list[tuple[str, str, str]]]:
    """The one pass: every sound row into the writer and the ledger, the others into a list."""
    time, reader = rules.time, groups.reader(rules.group)
    if (
        modality.timeline is not None and not modality.timeline.whole
    ):  # errors of moments near each other are alike: intervals draw whole blocks
        time, reader = MOMENT, lambda example: example["block"]
    ledger, bad, seen = RowTable(reader, time, parted=rules.takes_parts), [], 0

    def add(portion: list[Encoded]) -> None:
        sound = []
        for row in portion:
            if row.error is not None:
                if not rules.skip_bad:
                    raise row.error
                bad.append((str(row.example["origin"]), duplicates.UNREADABLE, row.error.line()))
                continue
            assert row.columns is not None
            assert row.identity is not None
            sound.append(row.columns)
            ledger.add(row.example, row.identity)
        writer.add(sound)

    for portion in _read(raw, content, modality):
        if isinstance(portion, list):
            add(portion)
        else:
            block, read = portion
            ledger.add_block(block, read)
            writer.add_block(read.columns)
        seen += len(portion) if isinstance(portion, list) else len(portion[0])
        if progress is not None:
            progress(seen)
    _check_count(seen, bad, rules)
    return ledger, bad


def fit(modality: contracts.Modality, raw: Raw, content: Content) -> None:
    """What the modality learns of the train rows."""
    if modality.by_column is not None:
        portions = raw.portions() if content.kept is None else content.kept.portions()
        modality.by_column.fit_portions(map(_of_train, portions))
    else:
        rows = (example for example in raw.examples() if example.get("split") in _TRAIN)
        modality.fit(rows, raw.access.budget)


def _of_train(portion: Portion) -> Portion:
    """The train rows of a portion."""
    if isinstance(portion, Block):
        if set(portion.facts.get("split", ())) <= _TRAIN:
            return portion
        portion = list(portion.examples())
    return [example for example in portion if example.get("split") in _TRAIN]


def _read(
    raw: Raw, content: Content, modality: contracts.Modality
) -> Iterator[list[Encoded] | tuple[Block, ReadBlock]]:
    """The rows as the modality reads them, by columns where it can."""
    budget, by_column = raw.access.budget, modality.by_column
    if by_column is None:
        yield from encoded(modality, content.same(raw.examples()), budget)
        return
    for portion in content.same_portions(raw.portions):
        read = by_column.read_block(portion) if isinstance(portion, Block) else None
        if isinstance(portion, Block) and read is not None:
            yield portion, read
        else:
            yield from encoded(modality, portions.rows_of(portion), budget)


def _check_count(seen: int, bad: list[tuple[str, str, str]], rules: Rules) -> None:
    if seen == 0:
        raise no_rows()
    first = f"{len(bad)} of {seen} rows; the first: {bad[0][2].partition('. fix: ')[0]}" if bad else ""
    if len(bad) == seen:
        raise DataError(332, "not one row can be read", found=first)
    if len(bad) > rules.max_bad * seen:
        expected, fix = f"at most {rules.max_bad:.3g} of all", "repair the files, or prepare with a higher --max-bad"
        raise DataError(333, "too many rows cannot be read", found=first, expected=expected, fix=fix)


def _judge(
    directory: Path, ledger: RowTable, modality: contracts.Modality, rules: Rules, writer: Writer
) -> tuple[duplicates.Verdicts, np.ndarray]:
    """What becomes of each row, and the near duplicates that both stay, int64 [p, 2]."""
    verdicts = duplicates.exact_copies(ledger.exact, ledger.labels, ledger.parts)
    if not verdicts.keep.any():
        raise DataError(334, "cleaning leaves no row", found="only copies with conflicting labels")
    if ledger.near is None:
        return verdicts, np.empty((0, 2), np.int64)
    rows = np.flatnonzero(verdicts.keep)
    pairs = rows[duplicates.candidates(ledger.near[rows], _NEAR_BITS)]
    pairs = pairs[_alike(directory, modality, writer, pairs)]
    if rules.near == "drop":
        verdicts = duplicates.near_copies(verdicts, pairs, ledger.labels, ledger.parts)
        copies = _changed_copies(directory, modality, writer, ledger.parts, verdicts)
        verdicts = duplicates.changed_copies(verdicts, copies, ledger.parts)
    return verdicts, pairs[verdicts.keep[pairs].all(1)]


def _families(
    directory: Path, modality: contracts.Modality, rules: Rules, writer: Writer, keep: np.ndarray
) -> np.ndarray | None:
    """The family of each row that is kept, int64 [k]; None where nothing is known of them or other groups are asked
    for."""
    if modality.kinship is None or rules.group not in (None, groups.SIMILARITY):
        return None
    opened = [column(directory, name, about) for name, about in writer.so_far().items()]
    return modality.kinship.families(taken(opened, np.flatnonzero(keep)))


def _changed_copies(
    directory: Path, modality: contracts.Modality, writer: Writer, parts: np.ndarray, verdicts: duplicates.Verdicts
) -> np.ndarray:
    """Given valid and test rows and the train rows that look like changed copies of them, int64 [p, 2]."""
    held, train = np.flatnonzero(verdicts.keep & (parts >= 1)), np.flatnonzero(verdicts.keep & (parts < 1))
    if modality.duplicates is None or not len(held) or not len(train):
        return np.empty((0, 2), np.int64)
    opened = [column(directory, name, about) for name, about in writer.so_far().items()]
    sketched = partial(sketches_of, modality.duplicates, lambda rows: taken(opened, rows))
    asked, seen = modality.duplicates.resembling(sketched(train), sketched(held)).T
    return np.stack([held[asked], train[seen]], 1)


def _alike(directory: Path, modality: contracts.Modality, writer: Writer, pairs: np.ndarray) -> np.ndarray:
    """Which candidates [p, 2] are near duplicates in truth, as their encoded rows show. -> bool [p]."""
    opened = [column(directory, name, about) for name, about in writer.so_far().items()]
    truth: list[bool] = []
    assert modality.duplicates is not None  # it gave the hashes that the candidates came from
    alike = modality.duplicates.alike
    for start in range(0, len(pairs), _PAIRS):
        ones, others = (taken(opened, side) for side in pairs[start : start + _PAIRS].T)
        truth += [alike(one, other) for one, other in zip(rows_of(ones), rows_of(others), strict=True)]
    return np.array(truth, bool)


def _copies(ledger: RowTable, verdicts: duplicates.Verdicts) -> list[tuple[str, str, str]]:
    rows = np.flatnonzero(~verdicts.keep).tolist()
    reasons, others = verdicts.reason.tolist(), verdicts.other.tolist()
    return [(ledger.origins[r], duplicates.REASONS[reasons[r]], f"see {ledger.origins[others[r]]}") for r in rows]
