"""The page of a run: closed, escaped, bounded, the same bytes each time, and true."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import barwise
from barwise.outputs.html import page, windows
from barwise.stages.candles import Candles, Latest
from barwise.stages.sweep.figures import WindowRow
from tests.conftest import OF_CHECKOUT, ROOT, run_barwise
from tests.kit.pages import EVALUATE, HOSTILE, Page, bars, page_of, table

FOLDER = ROOT / "barwise" / "outputs" / "html"
LIBRARY = FOLDER / "lightweight-charts"
LIBRARY_SHA256 = "e21cc5caa0226ef30bd8549c50b9ef926615f2a4ee6b4e486353477a55f598cf"  # 5.2.1


def test_the_library_is_the_one_that_was_published_with_its_licence_and_notice() -> None:
    [script] = LIBRARY.glob("*.js")
    assert hashlib.sha256(script.read_bytes()).hexdigest() == LIBRARY_SHA256
    assert "Apache License" in (LIBRARY / "LICENSE").read_text()
    assert "TradingView, Inc." in (LIBRARY / "NOTICE").read_text()


def test_the_files_of_the_page_are_in_the_wheel(tmp_path: Path) -> None:
    code = "import sys; from setuptools import build_meta as b; print(b.build_wheel(sys.argv[1]))"
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith(("barwise/", "setup", "pyproject", "README", "LICENSE")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as built:
        for file in FOLDER.rglob("*.*"):
            if file.suffix in (".js", ".css") or file.parent == LIBRARY:
                assert built.read(file.relative_to(ROOT).as_posix()) == file.read_bytes()
        assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in built.namelist()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("hostile"))
        return page_of(table(100, HOSTILE))


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(hostile: str) -> None:
    page = Page(hostile)
    policy = dict(
        part.strip().split(" ", 1) for part in page.meta("Content-Security-Policy").split(";")
    )

    def hashed(texts: list[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)

    assert policy == {
        "default-src": "'none'",
        "script-src": hashed(page.scripts),
        "style-src": hashed(page.styles),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert (len(page.scripts), len(page.styles)) == (2, 1)


def test_nothing_of_a_page_is_elsewhere_and_no_attribute_is_code(hostile: str) -> None:
    for tag, attributes in Page(hostile).tags:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form", "b" * 9)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert "src" not in attributes
        if "href" in attributes:
            href = attributes["href"]
            assert href == "data:," if tag == "link" else href == "https://www.tradingview.com/"


def test_names_are_text(hostile: str) -> None:
    page = Page(hostile)
    cells = re.findall(r"<bdi>(.*?)</bdi>", hostile)
    assert len(cells) == 2 * len(HOSTILE)
    for name in HOSTILE[:5]:
        assert name in page.text
    assert r"\u202egnirts" in page.text
    assert "\u202e" not in hostile
    assert r"a\u2028b\x07" in page.text


def test_the_notice_of_the_library_is_there_to_the_letter(hostile: str) -> None:
    text = " ".join(Page(hostile).text.split())
    assert " ".join((LIBRARY / "NOTICE").read_text().split()) in text


def test_a_page_has_the_same_bytes_whoever_computes() -> None:
    ways = (["--workers", "1"], ["--workers", "3"], ["--workers", "3"], ["--on", "processes:2"])
    assert len({page_of(table(9_000), EVALUATE, *way) for way in ways}) == 1


def test_what_is_drawn_is_what_the_bars_and_the_metrics_say() -> None:
    columns = bars(3_000)
    [data] = Page(page_of(pa.table(columns))).data
    assert data["bars"] == 1
    assert data["timed"]
    times = np.cumsum(data["time"]) * 1_000_000
    assert times.tolist() == columns["timestamp"].astype(np.int64).tolist()
    for name in ("open", "high", "low", "close"):
        assert data[name] == [float(f"{price:.8g}") for price in columns[name]]
    mean = np.convolve(columns["close"], np.full(20, 1 / 20), "valid")
    assert data["mean"][:19] == [None] * 19
    np.testing.assert_allclose(data["mean"][19:], mean, rtol=1e-7)
    figures = json.loads(Path("metrics.json").read_text())["evaluation"]
    assert sum(data["share"]) == figures["counts"]["ones"]
    assert data["equity"][-1] - 1 == pytest.approx(figures["net"]["return"], abs=2e-6)
    assert data["hold"][-1] - 1 == pytest.approx(figures["hold"]["return"], abs=2e-6)
    assert min(data["drawdown"]) / 100 == pytest.approx(figures["net"]["max_drawdown"], rel=1e-3)


@pytest.mark.parametrize(
    ("size", "candles"), [(4_096, 4_096), (4_097, 2_049), (9_000, 1_125), (17_000, 1_063)]
)
def test_long_series_are_drawn_as_candles_of_several_bars(size: int, candles: int) -> None:
    [data] = Page(page_of(table(size), "")).data
    expected = candles if candles != 2_049 else 1_025  # at most 2,048 of several bars
    assert len(data["time"]) == len(data["close"]) == expected
    assert "equity" not in data
    latest = data.get("latest", {"time": []})
    assert len(latest["time"]) == (256 if data["bars"] > 1 else 0)


def test_ten_thousand_bars_are_at_most_400_kb() -> None:
    assert len(page_of(table(10_000)).encode()) <= 400_000


def test_500_symbols_are_at_most_2_mb_and_8_have_charts() -> None:
    page = page_of(table(2_500, [f"SYMBOL{number:03}" for number in range(500)]))
    assert len(page.encode()) <= 2_000_000
    parsed = Page(page)
    assert len(parsed.data) == 8
    assert all(len(data["time"]) <= 2_048 for data in parsed.data)
    assert "The first 8 of 500 have one" in parsed.text
    assert page.count("<tr>") == 501


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (slice(None, None, -1), "times go backward at 2 of the bars"),
        ([0, 1, 1], "times are there twice at 1 of the bars"),
    ],
)
def test_times_that_do_not_ascend_have_no_chart(edit: slice | list[int], reason: str) -> None:
    rows = BARS_OF_THREE.split("\n")
    picked = rows[1:4][edit] if isinstance(edit, slice) else [rows[1 + at] for at in edit]
    Path("bars.csv").write_text("\n".join([rows[0], *picked, ""]))
    page = Page(page_of("bars.csv", ""))
    assert page.data == [None]
    assert f"No chart: {reason}. The doubts below say where." in page.text
    assert not any(attributes.get("id") == "chart" for _, attributes in page.tags)


BARS_OF_THREE = "timestamp,close\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"


def test_bars_without_times_are_numbered_and_doubts_are_word_for_word() -> None:
    Path("bars.csv").write_text("close\n10\n11\nNA\n12\n<b>\n13\n".replace("<b>", "1e300"))
    page = Page(page_of("bars.csv", "", window=2))
    [data] = page.data
    assert (data["timed"], data["time"]) == (False, [1] * 6)
    assert data["close"] == [10, 11, None, 12, None, 13]  # nobody draws 1e300
    assert "open" not in data
    log = Path("run.log").read_text()
    [doubt] = re.findall("WARNING - (.*)", log)
    assert doubt in page.text


def test_both_means_of_a_crossover_are_drawn_and_named() -> None:
    page = Page(page_of(table(50), "signal: {fast: 3, band_bp: 2.5}\n"))
    closes = bars(50)["close"]
    [data] = page.data
    fast = np.convolve(closes, np.full(3, 1 / 3), "valid")
    np.testing.assert_allclose(data["fast_mean"][2:], fast, rtol=1e-7)
    assert "the mean of 3 closes is above the mean of 20 closes, with a band of 2.5 bp" in page.text
    assert "Purple: the fast mean" in page.text


def test_no_secret_of_an_address_is_on_the_page() -> None:
    config = barwise.Config(1, 2, "v1")
    path = "https://me:secret@host/bars.csv?signature=secret"
    result = barwise.run(pa.table({"close": [1.0, 2.0]}), config, measures=[Candles(), Latest()])
    text = page.of(result._replace(rows={path: 2}), None, [])
    assert "https://host/bars.csv" in text
    assert "barwise: bars.csv" in text
    assert "secret@" not in text
    assert "=secret" not in text


def test_a_run_without_evaluate_says_how_to_get_figures() -> None:
    page = Page(page_of(table(50), ""))
    assert "come with evaluate: in the config" in page.text
    assert "Sharpe" not in page.text


def test_the_windows_of_a_sweep_are_curves_with_the_best_one_and_its_luck() -> None:
    sweep = "arithmetic: exact\nsweep: {windows: 2..30, fast: [1, 3]}\n"
    html = page_of(table(2_000), f"{EVALUATE}{sweep}")
    figures = json.loads(Path("metrics.json").read_text())["sweep"]
    shown = Page(html)
    lines = [line.split() for line in re.findall(r'<polyline points="([^"]*)"', html)]
    assert [len(line) for line in lines] == [29, 27]  # 3 closes are never above themselves
    highest = min(float(point.split(",")[1]) for line in lines for point in line)
    assert (highest == 0) == (figures["best_sharpe"] >= 0)  # else the level line is at the top
    best = f"window {figures['best_window']} with a fast mean of {figures['best_fast']}"
    assert f"Best of {figures['windows']}: {best}, with a ratio of " in shown.text
    assert f"would do as well: {figures['luck']:.4f}" in shown.text
    assert "Other windows" not in page_of(table(50))


def test_many_windows_are_drawn_by_few_points_and_the_best_is_among_them() -> None:
    rows = [
        WindowRow("", window, 1, 0, 0.0, 0, 0, 0.0, 1.0 if window == 777 else -1.0, 0.0)
        for window in range(2, 5_002)
    ]
    [points] = re.findall(r'points="([^"]*)"', windows.curves(rows))
    assert len(points.split()) <= windows.MOST_POINTS
    assert [p for p in points.split() if p.endswith(",0.0")] == ["155,0.0"]


def test_too_few_bars_have_no_interval() -> None:
    assert "too few bars for an interval" in page_of(table(50))


def test_with_a_record_the_page_has_its_hashes_and_how_to_verify() -> None:
    page = Page(page_of(table(50), EVALUATE, "--record", "my record.json"))
    for name in ("bars.parquet", "report.yaml"):
        assert f"SHA-256 of {name} {hashlib.sha256(Path(name).read_bytes()).hexdigest()}" in (
            " ".join(page.text.split())
        )
    assert "barwise verify 'my record.json'" in page.text
    assert run_barwise("verify", "my record.json").returncode == 0
    record = Path("my record.json").read_text()
    assert "page.html" not in record
    without = Page(page_of(table(50)))
    assert "this run left no record" in without.text


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("page.txt", "must be called .html"),
        ("page", "must be called .html"),
        ("no/page.html", "no"),
        ("bars.html", "input"),
        ("config.html", "config"),
        ("log.html", "log"),
    ],
)
def test_a_page_is_refused_where_it_cannot_be(report: str, words: str) -> None:
    Path("bars.html").write_text(BARS_OF_THREE)
    Path("config.html").write_text(Path("config.yaml").read_text())
    done = run_barwise(
        *("run", "bars.html", "--config", "config.html", "--log-file", "log.html"),
        *("--quiet", "--report", report),
    )
    error = json.loads(done.stdout)["error_message"]
    assert done.returncode == 1
    assert report in error
    assert words in error
    assert Path("bars.html").read_text() == BARS_OF_THREE


def test_a_run_that_fails_leaves_the_page_of_before() -> None:
    before = page_of(table(50))
    Path("bars.csv").write_text("timestamp,close\n2024-01-01,abc\n")
    words = ("--config", "report.yaml", "--quiet", "--report", "page.html")
    assert run_barwise("run", "bars.csv", *words).returncode == 1
    assert Path("page.html").read_text() == before


def test_a_run_without_a_page_imports_and_reads_nothing_for_it() -> None:
    Path("bars.csv").write_text("timestamp,open,close\n2024-01-01,abc,1\n2024-01-02,2,2\n")
    code = (
        "import sys; from barwise.commands.main import main\n"
        "try: main(['run', 'bars.csv', '--quiet'])\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if 'html' in m or 'candles' in m])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=OF_CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert json.loads(Path("metrics.json").read_text())["status"] == "success"


def test_resources_are_found_in_an_installed_package() -> None:
    folder = resources.files("barwise.outputs.html")
    assert folder.joinpath("app.js").is_file()
    assert folder.joinpath("page.css").is_file()
