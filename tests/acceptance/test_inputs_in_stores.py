"""Bars in stores give what they give in files, for few requests, and one line where they cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from gzip import compress
from hashlib import sha256
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import barwise
from tests.conftest import NO_BYTECODE, OF_CHECKOUT, run_barwise
from tests.kit.processes import HANG
from tests.kit.stores.bars import (
    DIGESTS,
    FAR,
    FILES,
    ROWS,
    as_csv,
    as_parquet,
    as_zip,
    bars,
    digest,
)
from tests.kit.stores.proxy import Proxy, Request
from tests.kit.stores.servers import VERSIONED
from tests.kit.stores.store import Store
from tests.kit.stores.web import web

Before = Callable[[Store], tuple[Store, Proxy]]


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of the same bars in a local file, by arithmetic."""
    path = tmp_path_factory.mktemp("local") / "bars.csv"
    path.write_bytes(FILES["bars.csv"])
    return {arithmetic: digest(str(path), arithmetic) for arithmetic in DIGESTS}


@pytest.fixture
def inside(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that this process can use, whose folder `in` is empty before and after."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    store.remove("in")
    yield store
    store.remove("in")


@pytest.mark.parametrize("arithmetic", [*DIGESTS])
def test_a_file_of_each_kind_gives_the_same_bits(
    inside: Store, digests: dict[str, str], arithmetic: str
) -> None:
    for name, data in FILES.items():
        inside.put(f"in/{name}", data)
        assert digest(inside.url("in", name), arithmetic) == digests[arithmetic], name


def test_a_bucket_of_googles_gives_the_same_bits(
    gcs: Store, digests: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in gcs.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("bars.parquet", "bars.csv.gz"):
        gcs.put(f"in/{name}", FILES[name])
        assert digest(gcs.url("in", name)) == digests["float64"]
    plan = barwise.plan(gcs.url("in", "*.parquet"))
    gcs.put("in/bars.parquet", FILES["bars.parquet"][:-9] + b"7" + FILES["bars.parquet"][-8:])
    with pytest.raises(
        barwise.InputError, match="changed while it was read"
    ):  # it ignores If-Match
        plan.parts[0].in_store.get(range=(0, 9))


@pytest.mark.parametrize("name", [*FILES])
@pytest.mark.parametrize(
    ("ranges", "etags", "key"), [(True, True, "sig=KEY"), (True, False, ""), (False, False, "")]
)
def test_a_file_of_the_web_gives_the_same_bits(
    digests: dict[str, str], name: str, ranges: bool, etags: bool, key: str
) -> None:
    with web({f"/{name}": FILES[name]}, ranges=ranges, etags=etags, key=key) as server:
        address = f"{server.url}/{name}" + f"?{key}" * bool(key)
        if ranges or "csv" in name:
            assert digest(address) == digests["float64"]
        else:
            with pytest.raises(barwise.InputError, match="only whole files: download it"):
                digest(address)
        assert {method for method, _, _ in server.asked} == {"GET"}


def tree() -> dict[str, bytes]:
    """A Hive layout, and what is to be left out of it."""
    names = [
        *(f"symbol={name}/year={year}/part-{i}.parquet" for name in ("BTC", "A%2FB")
          for year in (2023, 2024) for i in range(2)),
        "symbol=BTC/_SUCCESS", "symbol=BTC/.hidden.parquet", "_old/symbol=BTC/a.parquet",
        "symbol=BTC/year=2024/part-9.parquet.tmp", "symbol=BTC/x.download/a.parquet",
        ".git/a.parquet",
    ]  # fmt: skip
    return {name: as_parquet(bars(50, 1000 * at, at)) for at, name in enumerate(names)}


PATTERNS = [
    "", "/", "/symbol=BTC", "/*", "/symbol=*", "/symbol=*/", "/*/year=2024/*.parquet", "/**",
    "/**/*.parquet", "/**/part-[01].parquet", "/symbol=?TC/**/part-1*", "/_old/**", "/.git/*",
    "/symbol=BTC/year=2024/part-0.parquet", "/*/*/part-0.parquet", "/nothing*", "/nothing",
]  # fmt: skip


def test_folders_and_patterns_mean_what_they_mean_locally(inside: Store, folder: Path) -> None:
    for name, data in tree().items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(data)
    inside.put_folder(folder / "in", "in")
    for pattern in PATTERNS:
        local, there = (planned(f"{root}{pattern}") for root in ("in", inside.url("in")))
        assert there == [name.replace("in/", inside.url("in/"), 1) for name in local], pattern
    series = {part.series for part in barwise.plan(inside.url("in")).parts}
    assert series == {"BTC", "A/B"}
    assert digest(inside.url("in")) == digest("in")


def planned(word: str) -> list[str]:
    with suppress(barwise.InputError):
        return sorted(part.path for part in barwise.plan(word).parts)
    return []


@pytest.mark.parametrize(
    ("columns", "requests"),
    [
        (["timestamp", "close", "other"], 1 + 3),
        (["timestamp", "other", "close"], 1 + 2 * 3 - 1),  # the last one came with the footer
    ],
)
def test_requests_are_few_and_no_other_column_is_fetched(
    seaweedfs: Store,
    before: Before,
    monkeypatch: pytest.MonkeyPatch,
    columns: list[str],
    requests: int,
) -> None:
    near, there = before(seaweedfs)
    for name, value in near.environment.items():
        monkeypatch.setenv(name, value)
    table = bars(6 * FAR)
    table = table.append_column("other", table["volume"]).select(columns)
    lake = {f"few/bars-{i}.parquet": as_parquet(table.slice(i * 3 * FAR, 3 * FAR)) for i in (0, 1)}
    for name, data in lake.items():
        seaweedfs.put(name, data)
    digest(near.url("few/"))
    assert there.counts() == {"GET": 1 + 2 * requests}  # a listing; of each file, 3 row groups
    for name, data in lake.items():
        fetched = ranges_of(there.of("GET", name), len(data))
        for group in range(3):
            unwanted = range_of(data, group, "other")
            tail = len(data) - (1 << 16)
            assert not [ends for ends in fetched if meet(ends, unwanted) and ends[0] != tail]
    seaweedfs.remove("few")


def ranges_of(requests: list[Request], size: int) -> list[tuple[int, int]]:
    ends = [one.range.removeprefix("bytes=").split("-") for one in requests]
    return [(int(first), min(int(last) + 1, size)) for first, last in ends]


def range_of(data: bytes, group: int, name: str) -> tuple[int, int]:
    metadata = pq.ParquetFile(BytesIO(data)).metadata
    column = metadata.row_group(group).column(metadata.schema.names.index(name))
    start = column.dictionary_page_offset or column.data_page_offset
    return start, start + column.total_compressed_size


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def test_a_csv_is_fetched_once_in_large_pieces(
    seaweedfs: Store, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, there = before(seaweedfs)
    for name, value in near.environment.items():
        monkeypatch.setenv(name, value)
    data = as_csv(bars(200_000))
    seaweedfs.put("few/bars.csv", data)
    assert barwise.run(near.url("few/bars.csv"), window=20).rows_processed == 200_000
    assert there.counts()["GET"] <= 2 + len(data) / (1 << 22)
    assert there.received < 1.02 * len(data)
    assert there.counts()["HEAD"] == 1
    seaweedfs.remove("few")


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz", "bars.parquet", "bars.zip"])
def test_an_object_that_is_replaced_is_an_error(
    inside: Store, before: Before, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    near, there = before(inside)
    for variable, value in near.environment.items():
        monkeypatch.setenv(variable, value)
    table = bars(30_000, seed=2)
    text = as_csv(table)
    data = {"bars.csv": text, "bars.csv.gz": compress(text, 0), "bars.zip": as_zip(text)}.get(
        name, as_parquet(table)
    )
    inside.put(f"in/{name}", data)

    def replace(request: Request) -> None:
        if request.method == "GET" and len(there.of("GET")) == 2:
            inside.put(f"in/{name}", data[:-9] + b"7" + data[-8:])

    there.respond = replace
    with pytest.raises(barwise.InputError, match="changed while it was read") as error:
        digest(near.url("in", name))
    assert error.value.code == "input_changed"


def test_a_record_names_objects_and_is_verified(inside: Store, folder: Path) -> None:
    inside.put("in/bars.parquet", FILES["bars.parquet"])
    words = ["run", inside.url("in"), "--record", "record.json", "--quiet"]
    env = {**OF_CHECKOUT, **NO_BYTECODE, **inside.environment}
    done = run_barwise(*words, env=env)
    assert done.returncode == 0, done.stderr
    record = json.loads((folder / "record.json").read_text())
    [read] = [
        one for one in record["predicate"]["buildDefinition"]["resolvedDependencies"]
        if one.get("annotations", {}).get("kind") == "input"
    ]  # fmt: skip
    assert read["name"] == read["uri"] == inside.url("in/bars.parquet")
    assert "digest" not in read
    facts = read["annotations"]
    assert (facts["bytes"], facts["rows"]) == (len(FILES["bars.parquet"]), ROWS)
    assert facts["etag"]
    assert facts["lastModified"].startswith("20")
    verify = ["verify", "record.json", "--input", inside.url("in")]
    same = run_barwise(*verify, env=env).stdout
    assert "all the same" in same
    assert "another object" not in same
    inside.put("in/bars.parquet", as_parquet(bars(), groups=2))  # the same bars
    other = run_barwise(*verify, env=env).stdout
    assert "all the same" in other
    assert "another object now than recorded, by ETag, version and size" in other
    inside.put("in/bars.parquet", as_parquet(bars(seed=5)))
    differs = run_barwise(*verify, env=env)
    assert differs.returncode == 1
    assert "closes differ" in differs.stdout


def test_a_record_names_the_version_of_an_object(seaweedfs: Store, folder: Path) -> None:
    versioned = seaweedfs.of(VERSIONED)
    versioned.put("bars.csv", FILES["bars.csv"])
    env = {**OF_CHECKOUT, **NO_BYTECODE, **seaweedfs.environment}
    done = run_barwise("run", versioned.url("bars.csv"), "--record", "record.json", env=env)
    assert done.returncode == 0, done.stdout
    assert '"version": "' in (folder / "record.json").read_text().partition('"etag"')[2][:99]


def test_objects_are_hashed_where_that_is_asked(seaweedfs: Store, folder: Path) -> None:
    seaweedfs.put("hashed/bars.csv", FILES["bars.csv"])
    env = {**OF_CHECKOUT, **NO_BYTECODE, **seaweedfs.environment}
    words = ["run", seaweedfs.url("hashed/bars.csv"), "--record", "record.json", "--hash-objects"]
    assert run_barwise(*words, env=env).returncode == 0
    assert sha256(FILES["bars.csv"]).hexdigest() in (folder / "record.json").read_text()
    (folder / "bars.csv").write_bytes(FILES["bars.csv"])
    verified = run_barwise("verify", "record.json", "--input", "bars.csv", env=env)
    assert "all the same" in verified.stdout, verified.stdout
    seaweedfs.remove("hashed")


def test_tasks_of_other_processes_read_objects(inside: Store, digests: dict[str, str]) -> None:
    inside.put("in/bars.parquet", FILES["bars.parquet"])
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        executor = barwise.Submitted(pool, 2)
        assert digest(inside.url("in"), "exact", executor=executor) == digests["exact"]


FORKED = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
import barwise
with ProcessPoolExecutor(1, get_context("fork")) as pool:
    barwise.run(sys.argv[1], window=20, executor=barwise.Submitted(pool, 2))
"""


def test_a_forked_process_says_that_it_cannot_read_a_store(seaweedfs: Store) -> None:
    seaweedfs.put("forked/bars.parquet", FILES["bars.parquet"])
    words = [sys.executable, "-W", "ignore", "-c", FORKED, seaweedfs.url("forked/")]
    env = {**OF_CHECKOUT, **seaweedfs.environment}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=HANG)
    assert "start processes by multiprocessing.get_context('spawn')" in done.stderr
    seaweedfs.remove("forked")


def test_tables_that_are_more_than_files_are_refused(inside: Store) -> None:
    for log in ("_delta_log/0.json", ".hoodie/hoodie.properties", "metadata/v1.metadata.json"):
        inside.remove("in")
        inside.put(f"in/t/{log}", b"{}")
        inside.put("in/t/part/a.parquet", FILES["bars.parquet"])
        with pytest.raises(barwise.InputError, match=r"deleted or replaced; export"):
            barwise.plan(inside.url("in"))


def test_a_local_run_imports_nothing_of_stores(folder: Path) -> None:
    words = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(words, env=OF_CHECKOUT, capture_output=True, text=True, cwd=folder)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


IMPORTED = """
import sys
from barwise.commands.main import main
sys.argv = ["barwise", "run", "data.csv", "--record", "r.json"]
try:
    main()
except SystemExit:
    pass
names = ("obstore", "barwise.files.stores", "barwise.files.peek", "barwise.files.object_file")
print([name for name in sys.modules if name in names or name.startswith("dask")])
"""
