"""Documented flags and config values in random combinations, each a real job.

Whatever they are, the contract holds. A new config key is an entry of `CONFIG`, a new flag one of
`FLAGS`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.bars import sample
from barwise.config import REQUIRED, RULES
from tests.conftest import run_barwise

HUGE = 2**63 - 1
CONFIG: dict[str, st.SearchStrategy[str]] = {  # by key, values as YAML writes them
    "seed": st.sampled_from(["0", "42", str(2**32 - 1)]),
    "window": st.sampled_from(["1", "2", "5", "20", "1000", str(HUGE)]),
    "version": st.one_of(
        st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=9).map(
            lambda text: json.dumps(text, ensure_ascii=False)  # which YAML reads as that text
        ),
        st.sampled_from(["v1", "'it''s'", '"{\\"a\\": 1}"', '"two\\nlines"', "off"]),
    ),
    "arithmetic": st.sampled_from(["float64", "exact"]),
    "checks": st.sampled_from(["off", '"off"', "report", "strict"]),
    "interval": st.sampled_from(["1m", "1h", "3d"]),
    "order": st.sampled_from(["file", "time"]),
    "error_code": st.sampled_from(["true", "false"]),
    "columns": st.sampled_from(
        [
            *("{close: close}", "{close: open}", "{close: Last}", "{timestamp: timestamp}"),
            *("{symbol: ticker}", "{symbol: ticker, volume: volume_btc}", "{volume: volume_usd}"),
            *("{timestamp: null}", "{symbol: null, open: null}", "{timestamp: [Date, Time]}"),
        ]
    ),
    "csv": st.sampled_from(
        [
            *('{delimiter: ";"}', "{delimiter: tab}", '{decimal: ","}', "{skip: 1}", "{skip: 0}"),
            *("{names: [day, close]}", '{names: [day, close], decimal: ","}', "{dates: day-first}"),
            *('{offset: "+03:00"}', '{dates: month-first, offset: "-05:00"}', "{}"),
        ]
    ),
    "evaluate": st.sampled_from(["{fill: close}", "{fill: next_open, cost_bp: 1}"]),
    "sweep": st.sampled_from(["{windows: 2..4}", "{windows: [5, 3], fast: [1, 2]}"]),
    "gates": st.sampled_from(["{value: {max: 0.4}}", "{symbols.*.sweep.luck: {max: 1}}"]),
    "signal": st.sampled_from(["{fast: 2}", "{band_bp: 2.5}", "{fast: 5, band_bp: 10}", "{}"]),
}
FLAGS: dict[str, st.SearchStrategy[list[str]]] = {  # by flag, the words after it
    "--signals": st.sampled_from([["signals.csv"], ["signals.parquet"]]),
    "--record": st.just(["record.json"]),
    "--sweep": st.sampled_from([["sweep.csv"], ["sweep.parquet"]]),
    "--quiet": st.just([]),
    "--workers": st.sampled_from([["1"], ["2"], ["3"]]),
}
INPUTS = {  # by what they are, the words after --input
    "a CSV": ["bars.csv"],
    "a Parquet file": ["bars.parquet"],
    "files of one series": ["first.csv", "second.parquet"],
    "a folder of symbols": ["lake"],
    "a pattern": ["lake/*/*.csv"],
    "a column of symbols": ["mixed.csv"],
    "bars that are newest first": ["newest.csv"],
    "bars of a vendor": ["dates.csv"],
    "bars of a German Excel": ["excel.csv"],
    "bars of MetaTrader": ["mt5.csv"],
    "bars without a header": ["bare.csv"],
}

HEADERS = {
    "dates.csv": "Date,Close\n",
    "excel.csv": "Date;Close\n",
    "mt5.csv": "<DATE>\t<TIME>\t<CLOSE>\n",
    "bare.csv": "",
}


def test_every_key_of_the_config_is_drawn() -> None:
    assert set(CONFIG) == set(RULES)


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of the inputs."""
    folder = tmp_path_factory.mktemp("bars")
    header, *lines = sample.rows(80, seed=1)

    def write(name: str, rows: list[str]) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join([header, *rows]))

    write("bars.csv", lines)
    write("newest.csv", lines[::-1])
    write("first.csv", lines[:40])
    write("second.csv", lines[40:])
    write("lake/symbol=A/1.csv", lines[:50])
    write("lake/symbol=B/1.csv", lines[50:])
    pl.read_csv(folder / "bars.csv").write_parquet(folder / "bars.parquet")
    pl.read_csv(folder / "second.csv").write_parquet(folder / "second.parquet")
    vendors = [line.replace(" ", ",").split(",")[:6] for line in lines]  # day, hour, open, ...
    for day, hour, *_, close in vendors:
        german = ".".join(day.split("-")[::-1])
        for name, row in (
            ("dates.csv", f"{german} {hour},{close}"),
            ("excel.csv", f"{german} {hour};{close.replace('.', ',')}"),
            ("mt5.csv", f"{german}\t{hour}\t{close}"),
            ("bare.csv", f"{day},{close}"),
        ):
            with open(folder / name, "a") as file:
                file.write(("" if file.tell() else HEADERS[name]) + f"{row}\n")
    mixed = (f"{'AB'[number % 2]},{line}" for number, line in enumerate(lines))
    (folder / "mixed.csv").write_text("".join([f"ticker,{header}", *mixed]))
    return folder


@settings(max_examples=80, derandomize=True)
@given(
    config=st.fixed_dictionaries(
        {key: CONFIG[key] for key in REQUIRED},
        optional={key: values for key, values in CONFIG.items() if key not in REQUIRED},
    ),
    flags=st.fixed_dictionaries({}, optional=FLAGS),
    inputs=st.sampled_from(sorted(INPUTS)),
)
@example(
    config={
        **{"seed": "42", "window": "5", "version": "v1", "arithmetic": "exact"},
        **{"evaluate": "{fill: close}", "sweep": "{windows: 2..4}", "gates": "{value: {max: 0.1}}"},
    },
    flags={"--record": ["record.json"], "--sweep": ["sweep.csv"]},
    inputs="a folder of symbols",
)
@example(
    config={"seed": "42", "window": "5", "version": "v1", "checks": "off"},
    flags={"--record": ["record.json"], "--quiet": []},
    inputs="a CSV",
)
def test_any_job_keeps_the_contract(
    config: dict[str, str], flags: dict[str, list[str]], inputs: str, bars: Path
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(bars, folder, dirs_exist_ok=True)
        text = "".join(f"{key}: {value}\n" for key, value in config.items())
        (folder / "config.yaml").write_text(text)
        files = ["--config", "config.yaml", "--output", "metrics.json", "--log-file", "run.log"]
        more = [word for flag, words in flags.items() for word in (flag, *words)]
        done = run_barwise("run", "--input", *INPUTS[inputs], *files, *more, cwd=folder)

        assert done.returncode in (0, 1, 2)
        assert done.stderr == ""
        log, printed = ((folder / file).read_text() for file in ("run.log", "metrics.json"))
        assert "internal error" not in log
        assert done.stdout == ("" if "--quiet" in flags else log) + printed
        metrics = json.loads(printed)
        assert metrics["status"] == ("error" if done.returncode == 1 else "success")
        assert metrics.get("gates_passed", True) == (done.returncode != 2)
        for flag in {"--signals", "--sweep", "--record"} & set(flags):
            assert (folder / flags[flag][0]).exists() == (done.returncode != 1)
        if done.returncode != 1 and "--record" in flags:
            verified = run_barwise("verify", "record.json", cwd=folder)
            assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout
