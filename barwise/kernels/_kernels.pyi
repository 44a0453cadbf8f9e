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
) -> tuple[int, int, int, int, int, tuple[int, ...]]: ...
def exact(
    held: Buffer,
    closes: Buffer,
    window: int,
    power: float,
    signals: Buffer,
    means: Buffer | None,
    /,
) -> int: ...
def roll(
    entering: Buffer,
    leaving: Buffer,
    window: int,
    state: State,
    signals: Buffer,
    means: Buffer | None,
    /,
) -> State: ...
def steady(times: Buffer, step: int, /) -> bool: ...
