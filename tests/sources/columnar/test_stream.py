"""The messages of Arrow files and streams: their order, their sizes, and what they claim."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

import barwise
from barwise.errors import InputError
from barwise.sources import readers
from barwise.sources.columnar import arrow, messages
from barwise.sources.columns import Column
from barwise.tuning import Tuning
from tests.kit.typed_files import CONFIG, WRITERS, closes


@pytest.mark.parametrize("kind", ["arrow", "arrow stream"])
def test_a_changed_word_of_an_arrow_file_gives_bars_or_one_line(kind: str) -> None:
    WRITERS[kind](pl.DataFrame({"close": [1.5, None, 2.5] * 20, "note": ["x", "y", None] * 20}))
    whole = Path("bars").read_bytes()
    [part] = barwise.plan("bars", CONFIG).parts
    walk = messages.of_file if kind == "arrow" else messages.of_stream
    for at in range(8, len(whole) - 8, 8):
        for word in (bytes(8), b"\xff" * 8, (1 << 62).to_bytes(8, "little")):
            Path("bars").write_bytes(whole[:at] + word + whole[at + 8 :])
            with open("bars", "rb") as file, suppress(InputError):  # and nothing else
                for message in walk(file, "bars", part.size):
                    messages.refuse_large_batch(file, message, "bars")


def test_record_batches_of_a_stream_follow_each_other(folder: Path) -> None:
    frames = [pl.DataFrame({"symbol": ["a", "b"], "close": [float(i), 2.0]}) for i in range(3)]
    kept = []
    for frame in frames:
        frame.write_ipc_stream("one")
        data = Path("one").read_bytes()
        with open("one", "rb") as file:
            stream_messages = list(messages.of_stream(file, "one", len(data)))
        kept.append({m.kind: data[m.start : m.end] for m in stream_messages})
    schema = kept[0][messages.SCHEMA]
    batches = [by_kind[messages.RECORD_BATCH] for by_kind in kept]
    Path("bars").write_bytes(b"".join((schema, *batches, messages.END_OF_STREAM)))
    assert closes().tolist() == [0.0, 2.0, 1.0, 2.0, 2.0, 2.0]
    assert closes(tuning=Tuning(batch_rows=3)).tolist() == [0.0, 2.0, 1.0, 2.0, 2.0, 2.0]
    Path("bars").write_bytes(b"".join((schema, *batches)))
    with pytest.raises(InputError, match="bars has no mark of its end: it is cut off"):
        closes()
    Path("bars").write_bytes(b"".join((schema, *batches, messages.END_OF_STREAM, schema)))
    with pytest.raises(InputError, match="bars goes on after the end of its stream at byte"):
        closes()


@pytest.mark.parametrize("claimed", [1 << 55, 1 << 62, 1 << 30])
@pytest.mark.parametrize("kind", ["arrow", "arrow stream"])
def test_a_buffer_that_claims_to_be_huge_is_refused_before_it_is_unpacked(
    kind: str, claimed: int
) -> None:
    frame = pl.DataFrame({"close": [1.5, None, 2.5] * 100})
    if kind == "arrow":
        frame.write_ipc("bars", compression="zstd")
    else:
        frame.write_ipc_stream("bars", compression="zstd")
    data = bytearray(Path("bars").read_bytes())
    start = data.index(b"\x28\xb5\x2f\xfd") - 8
    data[start : start + 8] = claimed.to_bytes(8, "little")
    Path("bars").write_bytes(data)
    with pytest.raises(InputError, match=f"bars has a batch of a buffer of {claimed} bytes, which"):
        closes()


def test_small_batches_are_taken_together_up_to_some_bytes() -> None:
    pl.DataFrame({"close": [1.5] * 10_000}).write_ipc_stream("one", compression="zstd")
    data = Path("one").read_bytes()
    with open("one", "rb") as file:
        stream_messages = list(messages.of_stream(file, "one", len(data)))
    schema, batch = (data[m.start : m.end] for m in stream_messages)
    Path("bars").write_bytes(schema + batch * 5 + messages.END_OF_STREAM)
    [part] = barwise.plan("bars", CONFIG).parts
    for joined_bytes, rows in ((1 << 20, [50_000]), (200_000, [20_000, 20_000, 10_000])):
        to_read = [(0, part, {"close": Column("close")})]
        tables = readers.reader_of(part).read(to_read, Tuning(joined_bytes=joined_bytes))
        assert [table.rows for table in tables] == rows


def test_a_batch_of_a_stream_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "LARGEST_BUFFER", 1_000)
    pl.DataFrame({"close": [1.5] * 1_000}).write_ipc_stream("bars")
    with pytest.raises(InputError, match=r"bars has a batch of \d+ bytes, which would not fit"):
        closes()
