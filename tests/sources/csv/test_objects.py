"""CSV of an object is cut into chunks elsewhere than that of a file, and gives the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.stages.digests import BlockDigests
from barwise.tuning import Tuning
from tests.kit.stores.web import web

FILES: dict[str, bytes] = {}

cells = st.sampled_from(["1.5", "2", "", "nan", '"3"', '"4\n"', "x", "1e400", "7" * 30])
rows = st.lists(st.tuples(cells, st.sampled_from(["", ",", " "])), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with web(FILES) as server:
        yield server.url


def told(input: str, chunk: int) -> str:
    """What a run gives or says; the name of the file left out."""
    try:
        blocks = [BlockDigests()]
        tuning = Tuning(csv_bytes=chunk, csv_rows=3)
        result = barwise.run(input, window=2, measures=blocks, tuning=tuning, workers=2)
    except barwise.InputError as error:
        return f"{error.code} {str(error).replace(input, 'FILE')}"
    return (
        f"{result.digest} {result.tally} {[line.replace(input, 'FILE') for line in result.doubts]}"
    )


@settings(max_examples=40)
@given(rows=rows, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans(), chunk=st.integers(1, 60))
def test_any_text_gives_what_it_gives_in_a_file(
    url: str, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], end: str,
    last: bool, chunk: int,
) -> None:  # fmt: skip
    lines = ["close,other", *(f"{close},1{more}" for close, more in rows)]
    data = (end.join(lines) + end * last).encode()
    path = Path("bars.csv")
    path.write_bytes(data)
    FILES["/bars.csv"] = data
    assert told(f"{url}/bars.csv", chunk) == told(str(path), chunk)


@pytest.mark.parametrize("length", [(1 << 16) - 3, 1 << 16, (1 << 16) + 3, 1 << 17])
@pytest.mark.parametrize("chunk", [1 << 10, 1 << 15, 1 << 20])
def test_long_lines_are_no_other(url: str, length: int, chunk: int) -> None:
    data = f"close,other\n1,a\n2,{'b' * length}\n3,c\n".encode()
    Path("bars.csv").write_bytes(data)
    FILES["/bars.csv"] = data
    assert told(f"{url}/bars.csv", chunk) == told("bars.csv", chunk)
