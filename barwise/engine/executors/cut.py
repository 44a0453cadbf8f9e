"""How a plan is cut into tasks: by bars, not by files, so that a task is worth sending.

Each series is computed in one of three ways, decided once: its parts alone, where nothing before
them matters; by edges, where the signal has a halo; or in a chain, each part after the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from barwise.engine.tasks import Task
from barwise.files.addresses import absolute

if TYPE_CHECKING:
    from barwise.engine.part_results import Before
    from barwise.sources.parts import Part, Plan
    from barwise.stages.stage import Pass
    from barwise.tuning import Tuning

# Bytes of a bar in files of a kind; of others, which are compressed, fewer.
ROW_BYTES = {"csv": 50, "arrow": 50, "arrow stream": 50}
PACKED_ROW = 15
FILE_ROWS = 20_000  # whose time it takes to open a file


class _Piece(NamedTuple):
    """Parts that follow each other in the plan, and are computed by one task.

    first, end: from which to which part they go.
    is_alone: nothing of what goes before them must be known.
    rows: about how many bars they have.
    """

    first: int
    end: int
    is_alone: bool
    rows: int


def tasks_of(plan: Plan, what: Pass, tuning: Tuning) -> list[list[Task]]:
    """Chains of tasks, of one where it does not wait for another. Small pieces share a task."""
    of_any = any(part.series is None for part in plan.parts)
    before: list[int | None] = []
    loose: list[_Piece] = []  # that need none before them: single parts, and whole short series
    chains: list[list[_Piece]] = []
    for _, group in groupby(plan.parts, lambda part: None if of_any else part.series):
        parts, first = list(group), len(before)
        before += [None] * len(parts) if of_any else _rows_before(parts)
        is_alone = _is_alone(what, before[first:])
        pieces = [_Piece(at, at + 1, is_alone, _cost(part)) for at, part in enumerate(parts, first)]
        in_tasks = _grouped(pieces, tuning)
        if is_alone:
            loose += pieces
        elif len(in_tasks) == 1:
            loose += in_tasks
        else:
            chains.append(in_tasks)
    chains += [[piece] for piece in _grouped(loose, tuning)]
    return [[_task(piece, plan, what, before, tuning) for piece in chain] for chain in chains]


def _grouped(pieces: list[_Piece], tuning: Tuning) -> list[_Piece]:
    """The same, where neighbours that are small and alike are one."""
    groups: list[_Piece] = []
    for piece in pieces:
        last = groups[-1] if groups else None
        if (
            last is None
            or (last.end, last.is_alone) != (piece.first, piece.is_alone)
            or last.rows >= tuning.task_rows
            or piece.end - last.first > tuning.task_parts
        ):
            groups.append(piece)
        else:
            groups[-1] = last._replace(end=piece.end, rows=last.rows + piece.rows)
    return groups


def _task(piece: _Piece, plan: Plan, what: Pass, before: list[int | None], tuning: Tuning) -> Task:
    some = tuple(map(_from_anywhere, plan.parts[piece.first : piece.end]))
    known: Mapping[str, Before] | None = None if piece.is_alone else {}
    rows = tuple(before[piece.first : piece.end])
    return Task(plan._replace(parts=some, doubts=()), piece.first, what, known, rows, tuning)


def _cost(part: Part) -> int:
    """How many bars take as long as a part: about its own, and opening it."""
    rows = part.size // ROW_BYTES.get(part.kind, PACKED_ROW) if part.rows is None else part.rows
    return rows + FILE_ROWS


def _rows_before(parts: list[Part]) -> list[int | None]:
    """How many rows of a series are in the parts before each; None where that is not known."""
    before: list[int | None] = [0]
    for part in parts[:-1]:
        last = before[-1]
        before.append(None if last is None or part.rows is None else last + part.rows)
    return before


def _is_alone(what: Pass, rows: list[int | None]) -> bool:
    """Whether parts, before which there are so many rows, can be computed without their carry.

    Edges keep closes alone, and blocks must know where bars stand.
    """
    if None in rows and any(getattr(measure, "by_position", False) for measure in what.measures):
        return False
    if what.signal is None:
        return True
    return what.signal.halo is not None and what.splits


def _from_anywhere(part: Part) -> Part:
    """A part that a process in another folder finds too, and that messages name as before."""
    return part._replace(path=absolute(part.path), shown=part.path)
