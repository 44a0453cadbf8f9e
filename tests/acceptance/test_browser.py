"""The page of a run in a real browser, offline. Its pictures are kept in out/pages/ for people."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from tests.conftest import ROOT
from tests.kit.pages import EVALUATE, HOSTILE, bars, page_of, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = ROOT / "out" / "pages"
READY = "document.documentElement.dataset.ready"
# Pixels of the largest canvas, read from a copy: chromium warns of a canvas that is read often.
PIXELS = """
  const size = (canvas) => canvas.width * canvas.height;
  const [canvas] = [...document.querySelectorAll('canvas')].sort((a, b) => size(b) - size(a));
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas?.width || 1, canvas?.height || 1];
  const pixels = copy.getContext('2d', {willReadFrequently: true});
  if (canvas) pixels.drawImage(canvas, 0, 0);
  const bytes = pixels.getImageData(0, 0, copy.width, copy.height).data;
"""
COLOURS = f"() => {{ {PIXELS} return new Set(new Uint32Array(bytes.buffer)).size; }}"
PAPER = f"() => {{ {PIXELS} return [...bytes.slice(0, 3)]; }}"  # red, green, blue of a corner
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no browser: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=root)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages that are looked at."""
    folder = tmp_path_factory.mktemp("pages")
    sources: dict[str, tuple[pa.Table | str, str]] = {
        "candles": (table(300), EVALUATE),
        "coarse": (table(10_000), EVALUATE),
        "hostile": (table(600, HOSTILE), EVALUATE),
        "plain": (table(300), ""),
        "closes": (table(300).select(["close"]), ""),
        "backward": (pa.table({name: one[::-1] for name, one in bars(50).items()}), ""),
        "extreme": (pa.table({"close": [1e-9, 3e-9, 1e300, None, 2e-9, 1e17] * 9}), ""),
        "milliseconds": (fine_times(), EVALUATE),
    }
    written = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, (source, more) in sources.items():
            (folder / name).mkdir()
            patch.chdir(folder / name)
            page_of(source, more, window=5)
            written[name] = folder / name / "page.html"
    return written


def fine_times() -> pa.Table:
    """Bars of a millisecond, from before 1970 on."""
    columns = bars(300)
    step = (columns["timestamp"] - columns["timestamp"][0]) // 60_000  # a millisecond for a minute
    return pa.table({**columns, "timestamp": np.datetime64("1969-12-31T23:59:59.850", "us") + step})


class Visit:
    """A page that is open in a tab, offline; and what it has said and asked for."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.tab: Tab = context.new_page()
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.tab.on("dialog", lambda _: self.said.append("a dialog"))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(path.as_uri())
        self.tab.wait_for_function(READY, timeout=120_000)

    def keep(self, name: str) -> None:
        """A picture for people."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.tab.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def settle(self) -> None:
        """Waits until what is to be drawn is drawn."""
        frames = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
        self.tab.evaluate(frames)

    def close(self) -> None:
        self.tab.context.close()
        assert self.said == []
        assert len(self.asked) == 1


def visit(browser: Browser, path: Path, width: int = 1280, scheme: str = "light") -> Visit:
    options: Any = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    return Visit(browser.new_context(**options, offline=True), path)


NAMES = ["candles", "coarse", "hostile", "plain", "closes", "backward", "extreme"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (400, "light")])
def test_a_page_opens_offline_and_fits(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    seen = visit(browser, pages[name], width, scheme)
    seen.keep(f"{name}-{scheme}-{width}")
    assert seen.tab.evaluate("document.documentElement.scrollWidth") <= width
    dark = seen.tab.evaluate(BACKGROUND) != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    colours = seen.tab.evaluate(COLOURS)
    assert colours > 20 if name != "backward" else colours == 1
    if name != "backward":
        assert (max(seen.tab.evaluate(PAPER)) < 100) == dark
    seen.close()


def test_names_of_symbols_are_text_and_each_has_its_chart(
    browser: Browser, pages: dict[str, Path]
) -> None:
    seen = visit(browser, pages["hostile"])
    buttons = seen.tab.locator("button.symbol")
    assert buttons.count() == len(HOSTILE)
    shown = [buttons.nth(number).inner_text() for number in range(len(HOSTILE))]
    assert set(HOSTILE[:5]) < set(shown)
    drawn, told = set(), set()
    for number, name in enumerate(shown):
        buttons.nth(number).click()
        seen.settle()
        headings = seen.tab.locator("#charts h2:visible")
        assert headings.all_inner_texts() == [name]
        assert seen.tab.locator("#charts .card:visible").count() == 8
        drawn.add(seen.tab.locator("#chart").screenshot())
        told.add(seen.tab.locator("#legend").inner_text())
    assert len(drawn) == len(told) == len(HOSTILE)
    pressed = seen.tab.locator("button.symbol[aria-pressed=true]")
    assert pressed.all_inner_texts() == [shown[-1]]
    seen.keep("hostile-last")
    seen.close()


def test_the_last_bars_are_shown_one_by_one_and_all_again(
    browser: Browser, pages: dict[str, Path]
) -> None:
    seen = visit(browser, pages["coarse"])
    notes = seen.tab.locator("#charts .note:visible")
    assert "last close of each 8 bars" in notes.inner_text()
    whole = seen.tab.locator("#chart").screenshot()
    seen.tab.click("#last")
    seen.settle()
    assert "One candle a bar" in notes.inner_text()
    assert "signal 1" in seen.tab.inner_text("#legend") or "signal 0" in seen.tab.inner_text(
        "#legend"
    )
    assert seen.tab.locator("#chart").screenshot() != whole
    seen.keep("coarse-last")
    seen.tab.click("#whole")
    seen.settle()
    assert "last close of each 8 bars" in notes.inner_text()
    seen.close()


def test_the_legend_follows_the_pointer(browser: Browser, pages: dict[str, Path]) -> None:
    seen = visit(browser, pages["candles"])
    last = seen.tab.inner_text("#legend")
    assert last.startswith("2023-01-01 04:59")
    seen.tab.locator("#chart").hover(position={"x": 30, "y": 50})
    seen.settle()
    assert seen.tab.inner_text("#legend").startswith("2023-01-01 00:0")
    for word in ("O ", "mean ", "signal ", "net ", "hold ", "drawdown "):
        assert word in last
    seen.close()


def test_times_before_1970_and_below_a_second_are_drawn(
    browser: Browser, pages: dict[str, Path]
) -> None:
    seen = visit(browser, pages["milliseconds"])
    assert seen.tab.inner_text("#legend").startswith("1970-01-01 00:00")
    assert seen.tab.evaluate(COLOURS) > 20
    seen.keep("milliseconds")
    seen.close()


def test_colours_follow_the_machine_and_print_is_light(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    seen = visit(browser, pages["candles"], scheme="dark")
    assert max(seen.tab.evaluate(PAPER)) < 100
    seen.tab.emulate_media(color_scheme="light")
    seen.settle()
    assert min(seen.tab.evaluate(PAPER)) > 200
    seen.tab.emulate_media(color_scheme="dark", media="print")
    seen.settle()
    assert min(seen.tab.evaluate(PAPER)) > 200
    assert seen.tab.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    seen.tab.emulate_media(color_scheme="dark", media="screen")
    seen.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert min(seen.tab.evaluate(PAPER)) > 200  # at once: nobody waits for the next frame
    seen.tab.emulate_media(color_scheme="dark", media="print")
    picture = seen.tab.locator("#chart + canvas")
    assert picture.is_visible()
    assert not seen.tab.locator("#chart").is_visible()
    seen.keep("candles-print")
    seen.tab.emulate_media(color_scheme="dark", media="screen")
    seen.tab.evaluate("dispatchEvent(new Event('afterprint'))")
    seen.settle()
    assert picture.count() == 0
    assert max(seen.tab.evaluate(PAPER)) < 100
    seen.tab.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    seen.close()


def test_figures_are_there_without_scripts(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto(pages["candles"].as_uri())
    text = tab.inner_text("body")
    assert "Sharpe of a bar" in text
    assert "The charts need JavaScript" in text
    context.close()
