"""`barwise init`: a config for bars that have none, with what they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import barwise
from barwise.commands import main
from barwise.config import load
from barwise.errors import in_yaml
from tests.conftest import run_barwise
from tests.kit.vendors.judging import each_layout, is_right
from tests.kit.vendors.layouts import Layout


@pytest.fixture(autouse=True)
def no_config(folder: Path) -> None:
    (folder / "config.yaml").unlink()


def initialised(path: str, output: str = "config.yaml") -> bool:
    """Whether a config is written."""
    return main.main(["init", path, "--output", output]) == 0


def run(path: str, config: str) -> barwise.Result | barwise.BarwiseError:
    """A run as the tests of layouts know its value: with their window, as pandas computes."""
    text = Path(config).read_text()
    text = re.sub(r"(?m)^window: 20", "window: 5", text)
    text = re.sub(r"(?m)^arithmetic: exact", "arithmetic: float64", text)
    Path("as_known.yaml").write_text(text)
    try:
        return barwise.run(path, "as_known.yaml")
    except barwise.BarwiseError as error:
        return error


@each_layout
def test_its_config_is_never_silently_wrong_and_mostly_right(layout: Layout) -> None:
    path = str(layout.write(Path()))
    if not initialised(path, "made.yaml"):
        assert layout.expect != "right"
        return
    outcome = run(path, "made.yaml")
    if isinstance(outcome, barwise.BarwiseError):
        assert layout.expect != "right"
    elif not is_right(outcome, layout):
        assert layout.expect != "right"
        assert outcome.doubts


def test_three_commands_from_a_strange_file_to_a_right_result() -> None:
    rows = [f"0{day}.01.2024;{price},5" for day, price in enumerate([10, 12, 11, 13], 1)]
    Path("kurse.csv").write_text("\n".join(["Zeit;Close", *rows, ""]))
    told = run_barwise("init", "kurse.csv")
    assert (told.returncode, told.stderr) == (0, "")
    [line] = [line for line in told.stdout.splitlines() if "barwise run" in line]
    Path("config.yaml").write_text(
        Path("config.yaml").read_text().replace("window: 20", "window: 2")
    )
    done = run_barwise(*shlex.split(line)[1:], "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"value": 0.5' in done.stdout
    assert "Zeit" in Path("config.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("plain.csv", "timestamp,close\n2024-01-01,1\n2024-01-02,2\n", ["# interval: 1d"]),
        (
            "newest.csv",
            "timestamp,close\n2024-01-03,3\n2024-01-02,2\n2024-01-01,1\n",
            ["order: time", "# interval: 1d"],
        ),
        (
            "symbols.csv",
            "symbol,timestamp,close\na,2024-01-01,1\nb,2024-01-01,2\na,2024-01-02,1\n",
            ["columns:", '  symbol: "symbol"', "# interval: 1d"],
        ),
        ("no_times.csv", "close\n1\n2\n", ["# interval: 1m", '#   close: "close"']),
        ("tabs.csv", "timestamp\tclose\n2024-01-01\t1\n", ['#   delimiter: "tab"']),
    ],
)
def test_what_bars_show_is_in_the_config(name: str, text: str, lines: list[str]) -> None:
    Path(name).write_text(text)
    assert initialised(name)
    written = Path("config.yaml").read_text().splitlines()
    for line in lines:
        assert any(one.startswith(line) for one in written), (line, written)
    assert isinstance(barwise.run(name, "config.yaml"), barwise.Result)


def test_every_comment_that_is_a_key_may_be_set() -> None:
    assert main.main(["sample", "--rows", "30", "--output", "data.csv"]) == 0
    assert initialised("data.csv")
    text = Path("config.yaml").read_text()
    assert text.count("\n# ") > 5
    Path("config.yaml").write_text(re.sub(r"(?m)^# ( *[a-z]+:)", r"\1", text))
    config = load("config.yaml")
    assert (config.checks, config.order, config.interval) == ("strict", "time", "1m")
    assert config.columns == barwise.Columns("close", "timestamp")
    assert config.csv == barwise.Csv(",")
    assert barwise.run("data.csv", config).rows_processed == 30


def test_a_config_that_is_there_is_never_lost(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text("precious")
    assert not initialised("data.csv")
    assert Path("config.yaml").read_text() == "precious"
    assert "config.yaml is there already" in capsys.readouterr().err
    assert initialised("data.csv", "another.yaml")
    assert capsys.readouterr().out.endswith("barwise run data.csv --config another.yaml\n")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("empty.csv", "", "is empty"),
        ("prices.csv", "day,price\n2024-01-01,1\n", "close"),
        ("words.csv", "close\nabc\n", "close is 'abc' on line 2 of words.csv"),
    ],
)
def test_bars_that_cannot_be_read_leave_no_config(
    name: str, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(text)
    assert not initialised(name)
    assert message in capsys.readouterr().err
    assert not Path("config.yaml").exists()


@pytest.mark.parametrize("column", ["kurs", "a: b"])
def test_a_close_of_an_unknown_name_is_an_error_that_says_how_to_go_on(
    column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bars.csv").write_text(f"when,size,{column}\n2024-01-01,1,2\n2024-01-02,2,3\n")
    assert not initialised("bars.csv", "own.yaml")
    error = capsys.readouterr().err
    assert error.startswith(
        f"error: bars.csv has no column 'close'; its columns are when, size, {column}"
    )
    assert error.count("\n") == 1
    _, _, keys = error.partition("write own.yaml with lines for it and for ")
    text = keys.replace(", ", "\n") + f"columns: {{close: {in_yaml(column)}}}\n"
    Path("own.yaml").write_text(text)
    assert barwise.run("bars.csv", "own.yaml").rows_processed == 2
