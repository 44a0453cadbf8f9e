"""Runs that leave a page, and what a page holds, as an HTML parser that is not ours reads it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import run_barwise

EVALUATE = "evaluate: {fill: next_open, cost_bp: 1}\n"
# Names that would run, end a script, or turn text round, where a page did not escape them.
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</script><script>alert(3)</script>",
    "&lt;b&gt; &amp;",
    "' onmouseover='alert(4)",
    "\u202egnirts",
    "a\u2028b\x07",
]


def bars(size: int, seed: int = 1, start: float = 40_000.0) -> dict[str, Any]:
    """Columns of minute bars of a walk."""
    rng = np.random.default_rng(seed)
    close = np.round(start * np.exp(np.cumsum(rng.normal(0, 5e-4, size))), 2)
    opens = np.concatenate((close[:1], close[:-1]))
    first = np.datetime64("2023-01-01T00:00", "us")
    return {
        "timestamp": first + np.arange(size) * np.timedelta64(60_000_000, "us"),
        "open": opens,
        "high": np.maximum(opens, close) + 1,
        "low": np.minimum(opens, close) - 1,
        "close": close,
    }


def table(size: int, names: list[str] | None = None) -> pa.Table:
    """The same for each name."""
    if names is None:
        return pa.table(bars(size))
    tables = []
    for number, name in enumerate(names):
        columns = pa.table(bars(size, number, 10.0 ** (number % 4 + 1)))
        tables.append(columns.append_column("symbol", pa.array([name] * size)))
    return pa.concat_tables(tables)


def page_of(source: pa.Table | str, more: str = EVALUATE, *words: str, window: int = 20) -> str:
    """The page of a run of bars, which are put into a file first."""
    if not isinstance(source, str):
        pq.write_table(source, "bars.parquet")
        if "symbol" in source.column_names:
            more += "columns: {symbol: symbol}\n"
        source = "bars.parquet"
    Path("report.yaml").write_text(f"seed: 42\nwindow: {window}\nversion: v1\n{more}")
    done = run_barwise(
        "run", source, "--config", "report.yaml", "--quiet", "--report", "page.html", *words
    )
    assert done.returncode == 0, done.stdout
    return Path("page.html").read_text()


class Page(HTMLParser):
    """What a page holds.

    tags: each with its attributes. scripts, styles: their texts. data: of the chart.
    text: of all else, without blanks between.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.data: Any = None
        self.text = ""
        self.open = ("", dict[str, str | None]())
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = (tag, dict(attrs))
        self.tags.append(self.open)

    def handle_endtag(self, tag: str) -> None:
        self.open = ("", {})

    def handle_data(self, data: str) -> None:
        tag, attributes = self.open
        if tag == "style":
            self.styles.append(data)
        elif tag == "script" and "type" in attributes:
            self.data = json.loads(data)
        elif tag == "script":
            self.scripts.append(data)
        else:
            self.text += data + " "

    def meta(self, name: str) -> str:
        """The content of a meta element that stands for a header."""
        [content] = [
            attributes["content"]
            for tag, attributes in self.tags
            if tag == "meta" and attributes.get("http-equiv") == name
        ]
        return content or ""
