from typing import Final

from typing_extensions import Buffer

from barwise.stages.signals.float64 import State

PAD: Final[int]
LARGEST_TEXT: Final[int]
LONGEST_ROW: Final[int]
MOST_COLUMNS: Final[int]
MOST_WANTED: Final[int]
WIDEST_WINDOW: Final[int]
NUMBER: Final[int]
MOMENT: Final[int]
DIGITS: Final[int]
TEXT: Final[int]
CODES: Final[int]
ODD_BYTE: Final[int]
NOT_RECTANGULAR: Final[int]
ODD_NUMBERS: Final[int]
ODD_CELL: Final[int]
NO_ROOM: Final[int]
ARGUMENTS: Final[int]
ROW_FIELDS: Final[int]
SWEEP_TILE: Final[int]
SWEEP_ROWS: Final[int]
SWEEP_MOST_BARS: Final[int]
variant: Final[str]

def scan(
    text: Buffer,
    size: int,
    columns: int,
    delimiter: bytes,
    decimal: bytes,
    wanted: tuple[tuple[int, int, Buffer, Buffer, bytes], ...],
    odd: Buffer,
    /,
) -> tuple[int, int, int, int, int, tuple[int, ...]]:
    """The rows of `size` bytes of CSV, behind which PAD more can be read.

    wanted: of each column to read its position, kind, values, more, pattern. values: a buffer of
    float64 (NUMBER), int64 (MOMENT, DIGITS), int32 (CODES) or bytes (TEXT). more: of TEXT a buffer
    of uint32, where each cell ends; of CODES one of 24 bytes for each code there can be, a power of
    two: the starts and ends of their first cells as uint32, then scratch. pattern: of MOMENT the
    separator of day and time, and the suffix.
    odd: a buffer of four uint32 for each cell that is no plain number: its row, the index of its
    column in `wanted`, where it starts and ends.

    Gives rows, reason, the index in `wanted`, odd cells, whether a byte is not ASCII, and of
    each column the bytes of TEXT or the codes. Where rows is -1 the text is refused, for the
    reason, and what is in the buffers does not count.
    """

def exact(
    held: Buffer,
    closes: Buffer,
    window: int,
    power: float,
    signals: Buffer,
    means: Buffer | None,
    /,
) -> int:
    """Writes the int8 signals of float64 closes that follow those `held`, at most `window`.

    They are on the grid of 1 / power. Gives how many bars are computed; the next must be looked at
    by the twin.
    """

def roll(
    entering: Buffer,
    leaving: Buffer,
    window: int,
    state: State,
    signals: Buffer,
    means: Buffer | None,
    /,
) -> State:
    """Writes the int8 signals of float64 closes `entering` a window that those `leaving` leave.

    Gives the state after them.
    """

def exact_crossed(
    held: Buffer,
    closes: Buffer,
    window: int,
    power: float,
    crossing: tuple[int, float, float, int],
    signals: Buffer,
    /,
) -> tuple[int, int]:
    """Writes the int8 signals of closes on a grid, as `exact` does, of two means and a band.

    crossing: so many last closes have the fast mean; part and unit of the band; the signal before.
    Gives how many bars are computed, and the last signal, which counts where there is a band.
    """

def roll_crossed(
    entering: Buffer,
    fast_leaving: Buffer | None,
    fast: int,
    fast_state: State,
    leaving: Buffer,
    window: int,
    state: State,
    lines: tuple[float, float],
    last: int,
    signals: Buffer,
    /,
) -> tuple[State, State, int]:
    """Writes the int8 signals of two means, as `roll` has them, and a band.

    fast_leaving: None where the close itself is compared. lines: 1 + band, 1 - band. last: the
    signal before. Gives both states after them, and the last signal.
    """

def steady(times: Buffer, step: int, /) -> bool:
    """Whether each int64 time is `step` after the one before it."""

def earned(
    closes: Buffer,
    logarithms: Buffer,
    signals: Buffer,
    units_of_fills: Buffer,
    steps_of_fills: Buffer,
    late: int,
    first_end: int,
    length: int,
    out: Buffer,
    /,
) -> tuple[int, tuple[int, int, int, int, int]]:
    """Sums what a position earns in rows of bars, the first of which ends at `first_end`.

    closes, logarithms: float64 and int64 from one bar before the first; of 2**-34. signals: int8
    from two bars before. units_of_fills, steps_of_fills: float64 whole numbers below 2**51 and
    int64, in bars where the position changes. late: 1 where it follows the signal by a bar.
    length: of a row, at most 1,024.
    out: int64 of ROW_FIELDS a row. Sums of 192 bits: of the position's returns, of their squares,
    of the squares of those below 0, of holding's returns, of their squares, of closes' returns
    after a signal of 1, and after 0. Both paths: end, high, low, drop. Bars after a signal of 1.

    Gives how many fills there were, -1 for more than are given, -2 where a close moves too far; and
    how many closes are above the one before, the same, both of these after a signal of 1, and how
    many returns round to 0.
    """

def sweep(
    quick: Buffer,
    sums: Buffer,
    runs: Buffer,
    rises: Buffer,
    columns: Buffer,
    ends: Buffer,
    windows: Buffer,
    first: int,
    late: int,
    out: Buffer,
    /,
) -> None:
    """Sums what the positions of windows earn in the bars from `first` on; all buffers are int64.

    quick, sums, runs: of all closes the sum of the last few; `fast` times the running sums, from
    0 on; how many closes there are up to it without a gap. A signal is 1 where `window * quick` is
    above what is summed of the window.
    rises: of the bars from `first` on, not 0 where the close is above the one before.
    columns: of these bars what they earn where the position is held, left, and entered: of each a
    row of returns, of the low and the high part of their squares, and of steps of log equity.
    ends: of blocks, counted from `first`. windows: at most SWEEP_TILE, from the widest on.
    late: 1 where the position follows the signal by a bar.
    out: a row for each block, and SWEEP_ROWS more: sums of returns a block; then of all bars ones,
    hits, switches, both parts of the squares, and the path: end, high, low, drop.
    """
