"""What the first lines of a CSV show of how it is written, and what its errors say to do."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import yaml

import barwise
from barwise.sources.parts import Text
from tests.kit.lakes import config


def part_of(text: str, **csv: object) -> barwise.Part:
    Path("bars.csv").write_text(text)
    given = barwise.Csv(**csv)  # type: ignore[arg-type]
    [part] = barwise.plan("bars.csv", barwise.Config(1, 2, "v1", csv=given)).parts
    return part


def refusal(text: str, **csv: object) -> str:
    Path("bars.csv").write_text(text)
    given = barwise.Csv(**csv)  # type: ignore[arg-type]
    with pytest.raises(barwise.InputError) as caught:
        barwise.run("bars.csv", barwise.Config(1, 2, "v1", csv=given))
    return str(caught.value)


@pytest.mark.parametrize(
    ("delimiter", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_the_delimiter_is_the_one_by_which_the_header_has_a_close(
    delimiter: str, words: str
) -> None:
    text = "timestamp,close\n2024-01-01,1\n".replace(",", delimiter)
    part = part_of(text)
    assert part.text == Text(delimiter)
    assert part.inferred == f"fields separated by {words}"
    assert part_of(text, delimiter=delimiter).inferred == ""


def test_the_comma_goes_before_other_delimiters() -> None:
    assert part_of("close,x;close\n1,2;3\n").text == Text()
    assert part_of("a;close|b\n1;2|3\n").text == Text()  # close by none of both: nothing is guessed


def test_a_web_address_above_the_header_is_skipped_and_nothing_else() -> None:
    rows = "unix,close\n1704067200,1\n"
    for address in ("https://www.CryptoDataDownload.com", "CryptoDataDownload.com,,"):
        part = part_of(f"{address}\n{rows}")
        assert (part.text.skip, part.roles.close) == (1, "close")
        assert part.inferred == "line 1 skipped, times from 'unix'"
    assert part_of(f"https://x.org\nmore\n{rows}").text.skip == 0
    assert "names of the columns are on line 2; set csv: {skip: 1}" in refusal(f"Bars, 1m\n{rows}")
    assert part_of(f"Bars, 1m\n{rows}", skip=1).roles.times == "unix"


def test_lines_are_counted_from_the_first_one_of_the_file() -> None:
    message = refusal("a\n\nb,,\nclose,x\n1,2\n3,y,z\n", skip=3)
    assert message.startswith("line 6 of bars.csv is too long")
    assert "close is 'q' on line 5" in refusal("a\nb\nc\nclose\nq\n", skip=3)
    assert "on line 4 of bars.csv opens a quote" in refusal('a\n"\nclose\n"1\n', skip=2)


def test_columns_that_the_config_names_need_no_header() -> None:
    part = part_of("1704067200;4,5\n1704067260;4,7\n", names=("time", "close"), decimal=",")
    assert part.text == Text(";", ",", 0, ("time", "close"))
    assert part.roles.timestamp == ("time",)
    message = refusal("close,time\n1,2\n", names=("close", "time"))
    assert message.startswith("close is 'close' on line 1 of bars.csv")
    assert "csv: {skip: 1}" in message
    message = refusal("1,2,3\n", names=("time", "close"))
    assert "line 1 of bars.csv is too long" in message
    assert message.endswith("where csv.names has 2; name all columns in csv.names, in their order")
    message = refusal("1,2\n", names=("time", "close", "volume"))
    assert message.endswith("no 'volume'; name all columns in csv.names, in their order")


def test_a_column_of_decimal_commas_is_not_taken_for_two() -> None:
    for name in ("Price", "Kurs"):
        assert "looks like a bar" not in refusal(f"{name}\n42,5\n42,6\n")


def test_fields_that_names_fit_in_two_ways_are_not_guessed() -> None:
    """By commas the close would be 5 in each of these bars."""
    text = "1704067200;104,5\n1704067260;106,5\n"
    message = refusal(text, names=("time", "close"))
    assert "line 1 of bars.csv has 2 fields in more ways than one" in message
    assert 'csv: {delimiter: ","} or csv: {delimiter: ";"}' in message
    assert part_of(text, names=("time", "close"), decimal=",").text.delimiter == ";"
    text = '1704067200,"104,5"\n'
    assert part_of(text, names=("time", "close"), decimal=",").text.delimiter == ","


def test_times_are_found_beside_quoted_decimal_commas() -> None:
    text = 'Date,Close\n2024-01-02,"104,5"\n2024-01-01,"106,5"\n'
    assert 'csv: {decimal: ","}' in refusal(text)
    part = part_of(text, decimal=",")
    assert part.text == Text(",", ",")
    assert part.inferred == "close from 'Close', times from 'Date'"
    decimal = barwise.Config(1, 2, "v1", csv=barwise.Csv(decimal=","))
    [doubt] = barwise.run("bars.csv", decimal).doubts
    assert "goes back" in doubt
    assert part_of("close;x,close\n1;2,3\n", decimal=",").text == Text(";", ",")


def test_the_three_header_lines_of_yfinance_are_one() -> None:
    text = "Price,Close,High\nTicker,BTC,BTC\nDate,,\n2024-01-01,1,2\n2024-01-02,2,3\n"
    part = part_of(text)
    assert part.text == Text(skip=3, names=("Date", "Close", "High"))
    assert part.inferred == "three header lines read as one, close from 'Close', times from 'Date'"
    first, second, *rest = text.splitlines(keepends=True)
    assert part_of("".join([second, first, *rest])) == part
    message = refusal("Price,Close,Close\nTicker,BTC,ETH\nDate,,\n2024-01-01,1,2\n")
    assert "several symbols side by side (BTC, ETH)" in message


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Date,Adj Close\n1,2\n", "'Adj Close', which is adjusted for dividends and splits?"),
        ("Date,Price\n1,2\n", "did you mean 'Price'? then set columns: {close: \"Price\"}"),
        ("t,o,h,l,c\n1,2,3,4,5\n", 'columns: {close: "c"}'),
        ("Date,Close,CLOSE\n1,2,3\n", "both 'Close' and 'CLOSE'; name one, as in columns: {close"),
        ("Datum;Schluss\n1;2\n", 'set csv: {delimiter: ";"} and columns: {close: NAME}'),
        ("1704067200\t5\n", 'csv: {delimiter: "tab", names: [time, close]}'),
        ("1704067200,1,2,3,4,5\n", "csv: {names: [time, open, high, low, close, volume]}"),
        ("2024.01.01,00:00,1,2,3,4,5\n", "[date, time, open, high, low, close, volume]}"),
        ("1704067200,1,2,3,4,5,6,7\n", "[time, open, high, low, close, volume, c7, c8]}"),
        ("5\n", "csv: {names: [close]}"),
        ("1704067200,1,2\n", "csv: {names: [time, close, volume]}"),
        ("1704067200,2,1,2\n", "csv: {names: [time, high, low, close]}"),
        ("2024.01.01,00:00,1\n", "csv: {names: [date, time, close]}"),
        ("BTC,1704067200,1,2,3,4,5\n", "[symbol, time, open, high, low, close, volume]}"),
        ("1704067200,1,2,,BTC\n", "csv: {names: [time, high, low, close, symbol]}"),
    ],
)
def test_an_error_says_what_to_write(text: str, advice: str) -> None:
    assert advice in refusal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Date,Adj Close\n2024-01-01,1\n2024-01-02,2\n", 0.5),
        ("Kurse\nDate;Close\n2024-01-01;1,5\n2024-01-02;2,5\n", 0.5),
        ("1704067200|1.5\n1704067260|2.5\n", 0.5),
        ("Bars, 1m\n1/31/2024,2\n", None),
        ("5\n6\n", 0.5),
        ('"01.01.2024";"1.5"\n"02.01.2024";"2.5"\n', 0.5),
        ('"Datum";"Price"\n"01.01.2024";"1,5"\n"02.01.2024";"2,5"\n', 0.5),
        ("# bars\n1704067200,1.5\n1704067260,2.5\n", 0.5),
        ("sep=;\n1704067200;1,5\n1704067260;2,5\n", 0.5),
        ("https://a.org\n\n1704067200\t1.5\n1704067260\t2.5\n", 0.5),
        ("BTC,1704067200,1.5\nBTC,1704067260,2.5\n", 0.5),
    ],
)
def test_what_an_error_says_to_write_is_enough(text: str, value: float | None) -> None:
    """Each message's lines are pasted until the file is read, or nothing more is offered."""
    pasted: dict[str, dict[str, object]] = {}
    for _ in range(4):
        Path("bars.csv").write_text(text)
        lines = [f"{section}: {json.dumps(keys)}\n" for section, keys in pasted.items()]
        Path("config.yaml").write_text("seed: 1\nwindow: 2\nversion: v1\n" + "".join(lines))
        try:
            assert barwise.run("bars.csv", "config.yaml").value == value
            return
        except barwise.InputError as error:
            message = str(error)
        for section in ("columns", "csv"):
            _, _, rest = message.partition(f"{section}: {{")
            if rest:
                keys = yaml.safe_load("{" + rest.partition("}")[0] + "}")
                pasted.setdefault(section, {}).update(keys)
    assert value is None


@pytest.mark.parametrize(
    ("pair", "advice"),
    [
        ('[Date, "time"]', 'columns: {timestamp: ["Date", "Time"]}'),
        ('["date", Time]', 'columns: {timestamp: ["Date", "Time"]}'),
        ("[Date, hour]", 'columns: {timestamp: ["Date", NAME]}'),
    ],
)
@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_of_two_columns_of_times_an_error_names_both(pair: str, advice: str, name: str) -> None:
    Path("bars.csv").write_text("Date,Time,close\n2024-01-01,00:00,1\n2024-01-01,00:01,2\n")
    pl.read_csv("bars.csv").write_parquet("bars.parquet")
    smallest = "seed: 1\nwindow: 2\nversion: v1\n"
    Path("config.yaml").write_text(f"{smallest}columns: {{timestamp: {pair}}}\n")
    with pytest.raises(barwise.InputError) as caught:
        barwise.run(name, "config.yaml")
    assert advice in str(caught.value)
    if "NAME" not in advice:
        Path("config.yaml").write_text(f"{smallest}{advice}\n")
        assert barwise.check(name, "config.yaml").is_clean


def test_a_layout_by_name_in_another_order_is_refused() -> None:
    Path("BTC_USDT-202401.csv").write_text("1704067200,1.5,10,9,8,11\n")
    with pytest.raises(barwise.InputError) as caught:
        barwise.run("BTC_USDT-202401.csv", config(2))
    assert "is called as Gate calls its files, but its columns are not in that order" in str(
        caught.value
    )
    assert "set csv: {names: [timestamp, volume, close, high, low, open]}" in str(caught.value)


def test_kucoin_has_binances_names_and_is_read_by_its_header() -> None:
    name = "BTCUSDT-1m-2024-01-01.csv"
    header = "time,open,close,high,low,volume,turnover"
    Path(name).write_text(f"{header}\n1704067200,1,2,3,0.5,1,1\n")
    [part] = barwise.plan(name, config(2)).parts
    assert (part.series, part.interval, part.text.names) == ("BTCUSDT", 60_000_000, ())
    assert part.inferred == "layout of KuCoin, times from 'time'"
    Path(name).write_text("1704067200000,1,3,0.5,2,1,1704067259999,1,1,1,1,0\n")
    [part] = barwise.plan(name, config(2)).parts
    assert part.inferred == "layout of Binance, times from 'open_time'"
    assert part.text.names[:5] == ("open_time", "open", "high", "low", "close")
