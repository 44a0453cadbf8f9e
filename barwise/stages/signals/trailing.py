"""The closes that a window still holds where one batch ends and the next begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from barwise.bars.batch import Closes

SMALL_PIECE = 1024  # closes


def refuse_infinite(values: Closes) -> None:
    """Raises FloatingPointError for a close that is no decimal."""
    if np.isinf(values).any():
        raise FloatingPointError("a close is infinite")


class Trailing(NamedTuple):
    """The last closes of a series, at most `window` of them, in pieces.

    Large pieces stay as they came, so sliding costs the batch's length, however wide the window.
    """

    pieces: tuple[Closes, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, held: Closes, closes: Closes, window: int) -> Trailing:
        """The last `window` of `held` and then `closes`, copied, so that neither stays in memory.

        >>> Trailing.of(np.array([1.0, 2.0]), np.array([3.0]), window=2).joined()
        array([2., 3.])
        """
        kept = max(0, min(len(held), window - len(closes)))
        last = np.concatenate((held[len(held) - kept :], closes[-window:]))
        return cls((last,), len(last))

    def slide(self, closes: Closes, window: int) -> tuple[Closes, Trailing]:
        """The close that each new one pushes out of the window, NaN for none; and what then trails.

        >>> leaving, after = Trailing().slide(np.array([1.0, 2.0, 3.0]), window=2)
        >>> leaving, after.joined()
        (array([nan, nan,  1.]), array([2., 3.]))
        """
        new = len(closes)
        pushed_out = max(0, self.size + new - window)
        before, after = _split(_appended(self.pieces, closes), pushed_out)
        leaving = np.concatenate((np.full(new - pushed_out, np.nan), *before))
        return leaving, Trailing(after, self.size + new - pushed_out)

    def joined(self) -> Closes:
        """The trailing closes in one array."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        return np.concatenate(self.pieces) if self.pieces else np.empty(0)


def _appended(pieces: tuple[Closes, ...], closes: Closes) -> tuple[Closes, ...]:
    """The pieces and one more; small ones grow together, so that single bars make few pieces."""
    if pieces and len(pieces[-1]) + len(closes) <= SMALL_PIECE:
        return (*pieces[:-1], np.concatenate((pieces[-1], closes)))
    return (*pieces, closes)


def _split(pieces: tuple[Closes, ...], at: int) -> tuple[tuple[Closes, ...], tuple[Closes, ...]]:
    """The first `at` closes of the pieces, and the others."""
    whole = 0
    while whole < len(pieces) and at >= len(pieces[whole]):
        at -= len(pieces[whole])
        whole += 1
    if at == 0:
        return pieces[:whole], pieces[whole:]
    cut = pieces[whole]
    return (*pieces[:whole], cut[:at]), (cut[at:], *pieces[whole + 1 :])
