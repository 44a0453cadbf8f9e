"""The page of a run: its parts from top to bottom, escaped, and the policy that closes it.

Nothing in it comes from elsewhere: the policy allows the style and the two scripts that stand in
it, by the hashes of their text as it is written, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING

from barwise.outputs.html import cards, facts, windows
from barwise.outputs.html.series import Drawing, drawing
from barwise.outputs.rows import printable

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.engine.sweep import Sweeps
    from barwise.outputs.html.cards import Card
    from barwise.stages.evaluation.curve import Curve

MOST_DRAWN = 8  # series
MOST_ROWS = 1_000  # of the table of symbols
LIBRARY = "lightweight-charts"
SCRIPT = "lightweight-charts.standalone.production.js"
UNNAMED = "all bars"


def of(result: Result, curve: Curve | None, others: Sequence[tuple[str, str]]) -> str:
    """The page of a run; `others`: what else is to be said of what ran, names and texts."""
    names = list(result.symbols)
    drawings = {
        name: drawing(result.values[name], curve, len(names) > 1) for name in names[:MOST_DRAWN]
    }
    body = "".join(
        (
            *_head(result),
            _cards(result, names[0]),
            *_charts(result, drawings),
            *(_windows(result, result.sweeps, drawings) if result.sweeps else ()),
            *(_symbols(result, drawings) if len(names) > 1 else ()),
            *_doubts(result),
            *_what_ran(result, others),
            *_notice(),
        )
    )
    return _closed(facts.title(result), body, drawings.values())


def text(value: object) -> str:
    """A text as HTML shows it; bytes that are not UTF-8 and control characters are escaped."""
    shown = printable(str(value))
    return html.escape("".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown))


def _head(result: Result) -> Iterator[str]:
    yield f"<header><h1>{text(facts.title(result))}</h1>"
    yield f"<p>{text(facts.summary(result))}</p></header><main>"


def _cards(result: Result, first: str) -> str:
    if result.evaluations and len(result.symbols) == 1:
        figures = result.evaluations.of_symbols[first]
        return _grid(cards.of_series(result.symbols[first], figures))
    return _grid(cards.of_run(result))


def _grid(shown: Iterable[Card]) -> str:
    inside = "".join(
        f"<div class=card><span>{text(card.name)}</span><b>{text(card.value)}</b>"
        f"<span>{text(card.beside)}</span></div>"
        for card in shown
    )
    return f"<section class=cards>{inside}</section>"


def _charts(result: Result, drawings: dict[str, Drawing]) -> Iterator[str]:
    """A chart for all series, and what is said of each; `app.js` shows that of the chosen one."""
    are_several = len(result.symbols) > 1
    yield "<section id=charts>"
    if are_several:
        for number, name in enumerate(drawings):
            yield _of_series(number, f"<h2><bdi>{text(name or UNNAMED)}</bdi></h2>")
    if any(one.data for one in drawings.values()):
        yield (
            "<div class=bar><p id=legend></p><div class=zoom><button id=whole>All</button>"
            "<button id=last>Last 256 bars</button></div></div>"
            '<div id=chart role=img aria-label="candles, their mean and signal, equity, drawdown">'
            "<noscript>The charts need JavaScript; all figures are in the text.</noscript></div>"
        )
    for number, (name, one) in enumerate(drawings.items()):
        notes = (f"<p class=note>{text(note)}</p>" for note in facts.of_drawing(one, result))
        under = "".join(notes)
        if are_several and result.evaluations:
            figures = result.evaluations.of_symbols[name]
            under += _grid(cards.of_series(result.symbols[name], figures))
        yield _of_series(number, under)
    yield "</section>"


def _windows(result: Result, sweeps: Sweeps, drawings: Iterable[str]) -> Iterator[str]:
    """The windows of a sweep, of the series that is the chosen one."""
    yield "<section><h2>Other windows</h2>"
    for number, name in enumerate(drawings):
        rows = [row for row in sweeps.rows if row.symbol == name]
        notes = windows.said(sweeps.of_symbols[name], rows)
        under = "".join(f"<p class=said>{text(note)}</p>" for note in notes)
        yield _of_series(number, windows.curves(rows) + under)
    yield "</section>"


def _of_series(number: int, inside: str) -> str:
    """What is shown while a series is the chosen one; at first that is the first."""
    return f"<div class=series data-series={number}{' hidden' if number else ''}>{inside}</div>"


def _symbols(result: Result, drawings: dict[str, Drawing]) -> Iterator[str]:
    names, drawn = list(result.symbols), list(drawings)
    said = facts.of_symbols(len(names), len(drawn), MOST_ROWS)
    yield f"<section><h2>Symbols</h2><p class=note>{text(said)}</p>"
    heads = "".join(f"<th scope=col>{text(head)}</th>" for head in cards.heads(result))
    yield f"<div class=wide><table><thead><tr>{heads}</tr></thead><tbody>"
    for number, name in enumerate(names[:MOST_ROWS]):
        shown = f"<bdi>{text(name or UNNAMED)}</bdi>"
        if number < len(drawn):
            shown = f"<button class=symbol>{shown}</button>"
        cells = "".join(f"<td>{text(cell)}</td>" for cell in cards.cells(result, name))
        yield f"<tr><th scope=row>{shown}</th>{cells}</tr>"
    yield "</tbody></table></div></section>"


def _doubts(result: Result) -> Iterator[str]:
    yield "<section><h2>Doubts about the bars</h2>"
    if result.doubts:
        yield f"<ul>{''.join(f'<li>{text(line)}</li>' for line in result.doubts)}</ul></section>"
    else:
        yield f"<p>{text(facts.no_doubts(result))}</p></section>"


def _what_ran(result: Result, others: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield "<section><h2>What ran</h2><dl>"
    for name, value in (*facts.of_run(result), *(others or facts.WITHOUT_RECORD)):
        lines = "<br>".join(map(text, value.split("\n")))
        yield f"<dt>{text(name)}</dt><dd>{lines}</dd>"
    yield "</dl></section></main>"


def _notice() -> Iterator[str]:
    """The notice of the library to the letter, and the link that its licence asks for."""
    notice = _resource(f"{LIBRARY}/NOTICE").strip()
    link = "https://www.tradingview.com/"
    anchor = f'<a href="{link}" rel="noreferrer noopener">{link}</a>'
    lines = [html.escape(line).replace(link, anchor) for line in notice.splitlines()]
    yield f"<footer><p>Charts: {'<br>'.join(lines)}<br>"
    yield "Licensed under the Apache License, Version 2.0</p></footer>"


def _closed(title: str, body: str, drawings: Iterable[Drawing]) -> str:
    """The whole page, whose policy allows what stands in it and nothing else."""
    style, library, app = (
        _resource("page.css"),
        _resource(f"{LIBRARY}/{SCRIPT}"),
        _resource("app.js"),
    )
    policy = (
        f"default-src 'none'; script-src {_hashed(library)} {_hashed(app)}; "
        f"style-src {_hashed(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    data = ",".join(one.data or "null" for one in drawings).replace("<", "\\u003c")
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        '<meta name=referrer content=no-referrer><link rel=icon href="data:,">'
        f"<title>{text(title)}</title><style>{style}</style></head><body>{body}"
        f'<script type="application/json" id=data>[{data}]</script>'
        f"<script>{library}</script><script>{app}</script></body></html>\n"
    )


def _resource(name: str) -> str:
    """A file of this folder, byte for byte: the policy has the hash of what is written."""
    file = resources.files(__package__).joinpath(*name.split("/"))
    return file.read_bytes().decode()


def _hashed(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
