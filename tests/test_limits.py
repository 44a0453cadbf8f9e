"""Each limit is the one that docs/inputs.md names, and holds before memory is taken."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import barwise
from barwise.errors import InputError
from barwise.files import limits, yaml_file
from tests.conftest import OF_CHECKOUT, ROOT
from tests.kit.twice import computes  # noqa: F401

CONFIG = barwise.Config(1, 2, "v1")
SYMBOLS = barwise.Config(1, 2, "v1", columns=barwise.Columns(symbol="symbol"))


def test_the_table_of_limits_is_that_of_the_module() -> None:
    text = (ROOT / "docs" / "inputs.md").read_text()
    table = text.partition("<!-- limits:")[2].partition("<!-- end of limits -->")[0]
    documented = re.findall(r"^\| (\d+)[^|]*\|.*\| `(\w+)` \|$", table, re.MULTILINE)
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert {name: int(value) for value, name in documented} == values
    assert [name for _, name in documented] == [*values]


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.isupper()])
def test_each_limit_is_checked_somewhere(name: str) -> None:
    if name in ("LARGEST_METRICS", "LARGEST_RECORD"):
        pytest.skip("for records")
    used = [
        file
        for file in (ROOT / "barwise").rglob("*.py")
        if name in file.read_text() and file.name != "limits.py"
    ]
    assert used


CELLS = [60_000, 131_072, 131_073, 1 << 20, 5 << 20]  # characters; Python's own limit is the second


@pytest.mark.parametrize("size", CELLS)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_huge_cell_of_a_column_that_is_not_read_is_skipped(
    size: int, where: str, quoted: bool, end: str
) -> None:
    cells = ["x"] * 300
    cells[{"first": 0, "middle": 150, "last": -1}[where]] = "y" * size
    cells = [f'"{cell},\n"' for cell in cells] if quoted else cells
    lines = [f"{at * 60 + 10**9},{at},{cell}" for at, cell in enumerate(cells)]
    Path("bars.csv").write_text(end.join(["time,close,note", *lines, ""]), newline="")
    assert barwise.run("bars.csv", CONFIG).tally == (300, 299)


def written(kind: str, symbols: list[str]) -> str:
    """Bars of symbols in a column, or in folders of an archive."""
    if kind == "parquet":
        closes = np.arange(len(symbols), dtype=np.float64)
        pq.write_table(pa.table({"symbol": symbols, "close": closes}), "bars")
    elif kind == "csv":
        rows = [f"{symbol},{at}" for at, symbol in enumerate(symbols)]
        Path("bars").write_text("\n".join(["symbol,close", *rows, ""]))
    else:
        with zipfile.ZipFile("bars", "w") as archive:
            for at, symbol in enumerate(symbols):
                archive.writestr(f"symbol={symbol}/bars.csv", f"close\n{at}\n")
    return "bars"


@pytest.mark.parametrize("kind", ["csv", "parquet", "zip"])
@pytest.mark.parametrize("letter", ["A", "\u00e9", "\u4e2d"])
def test_a_symbol_of_more_than_its_bytes_is_refused_and_one_of_as_many_is_read(
    kind: str, letter: str
) -> None:
    size = len(letter.encode())
    fits, too_long = letter * (255 // size), letter * (255 // size + 1)
    config = CONFIG if kind == "zip" else SYMBOLS
    assert [*barwise.run(written(kind, ["B", fits]), config).symbols] == sorted(["B", fits])
    with pytest.raises(InputError, match="255 bytes"):
        barwise.run(written(kind, ["B", "C", too_long]), config)


@pytest.mark.parametrize("size", [limits.LARGEST_FOOTER + 1, 1 << 30, (1 << 31) - 1])
@pytest.mark.parametrize("magic", [b"PAR1", b"ARROW1"])
def test_a_footer_of_gigabytes_takes_no_memory(magic: bytes, size: int) -> None:
    begins = {b"PAR1": b"PAR1", b"ARROW1": b"ARROW1\0\0"}[magic]
    with open("bars", "wb") as file:
        file.write(begins)
        file.seek(size + 100)  # as large as it says, with nothing in it
        file.write(struct.pack("<I", size) + magic)
    code = (
        "import barwise\n"
        "try: barwise.run('bars', barwise.Config(1, 5, 'v1'))\n"
        "except barwise.InputError as error: print(error)\n"
        "print(next(x for x in open('/proc/self/status') if 'VmHWM' in x).split()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ, **OF_CHECKOUT},
    )  # fmt: skip
    message, kilobytes = done.stdout.splitlines()
    assert "bars " in message
    assert "damaged" in message
    assert int(kilobytes) < 200_000


@pytest.mark.parametrize("size", [limits.LARGEST_CONFIG + 1, 1 << 40])
def test_a_config_of_any_size_takes_no_memory(size: int) -> None:
    os.truncate("config.yaml", size)
    with pytest.raises(barwise.ConfigError, match="larger than 65536 bytes"):
        yaml_file.read("config.yaml")
