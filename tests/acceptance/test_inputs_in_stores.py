"""Bars in stores give what they give in files, for few requests, and one line where they cannot."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from gzip import compress
from hashlib import sha256
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import zstandard

import barwise
from barwise.stages.digests import BlockDigests
from tests.conftest import CONFIG, NO_BYTECODE, OF_CHECKOUT, run_barwise
from tests.kit.processes import HANG
from tests.kit.stores.proxy import CUT, Proxy, Request
from tests.kit.stores.servers import VERSIONED
from tests.kit.stores.store import Store
from tests.kit.stores.web import web

Before = Callable[[Store], tuple[Store, Proxy]]

ROWS = 12_000
FAR = 1 << 13  # rows whose incompressible columns lie further apart than is read along


def bars(rows: int = ROWS, first: int = 0, seed: int = 1) -> pa.Table:
    made = random.Random(seed)
    closes = [round(100 + made.gauss(0, 1), 2) for _ in range(rows)]
    times = pa.array([(first + i) * 60_000_000 for i in range(rows)], pa.timestamp("us"))
    volumes = [made.random() for _ in range(rows)]
    return pa.table({"timestamp": times, "close": closes, "volume": volumes})


def as_parquet(table: pa.Table, groups: int = 3) -> bytes:
    out = BytesIO()
    pq.write_table(table, out, row_group_size=-(-len(table) // groups), compression="none")
    return out.getvalue()


def as_csv(table: pa.Table) -> bytes:
    out = BytesIO()
    pyarrow.csv.write_csv(table, out)
    return out.getvalue()


def as_zip(data: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first.csv", data)
        archive.writestr("_skipped.csv", b"")
    return out.getvalue()


def as_feather(table: pa.Table) -> bytes:
    out = BytesIO()
    pyarrow.feather.write_feather(table, out, compression="zstd", chunksize=1 << 10)
    return out.getvalue()


def files() -> dict[str, bytes]:
    text = as_csv(bars())
    return {
        "bars.csv": text,
        "bars.csv.gz": compress(text),
        "bars.csv.zst": zstandard.compress(text),
        "bars.zip": as_zip(text),
        "bars.parquet": as_parquet(bars()),
        "bars": as_parquet(bars()),  # whose name says nothing
        "bars.arrow": as_feather(bars()),
    }


FILES = files()
DIGESTS = {"float64": "", "exact": ""}


def digest(input: str, arithmetic: Any = "float64", **options: Any) -> str:
    blocks = [BlockDigests()]
    result = barwise.run(input, window=20, arithmetic=arithmetic, measures=blocks, **options)
    return result.digest or ""


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


REFUSALS = {
    301: "the bucket is in another region or place; set the region (AWS_REGION)",
    403: "refuses these credentials (403",
    404: "there is no such object",
    503: "the store answers 503",
    CUT: "",
}


@pytest.mark.parametrize("answer", [*REFUSALS])
def test_what_a_store_refuses_is_one_line(
    store: Store, before: Before, folder: Path, answer: int
) -> None:
    near, there = before(store)
    after = 2 if answer in (404, CUT) else 0  # requests that are answered
    store.put("refused/bars.parquet", FILES["bars.parquet"])
    there.respond = lambda request: answer if len(there.requests) > after else None
    done, seconds = job(near, near.url("refused/bars.parquet"), folder)
    assert REFUSALS[answer] in done
    assert seconds < 30  # 10 on a machine that is not busy
    store.remove("refused")


def test_a_dead_store_is_one_line(seaweedfs: Store, before: Before, folder: Path) -> None:
    near, there = before(seaweedfs)
    there.die()
    done, seconds = job(near, near.url("dead/bars.csv"), folder)
    assert "no store answers there; check the address" in done
    assert seconds < 30


def test_a_silent_store_is_one_line(seaweedfs: Store, before: Before, folder: Path) -> None:
    near, there = before(seaweedfs)
    there.delay(20)
    done, seconds = job(near, near.url("silent/bars.csv"), folder)
    assert "the store does not answer in time" in done
    assert seconds < 19


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_who_has_no_keys_hears_how_to_get_them(scheme: str, folder: Path) -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1"}
    done = run(["run", f"{scheme}://lake/bars.csv"], folder, nowhere)
    assert "no credentials are set; set A" in done or "no credentials are set; set GOOGLE" in done


def test_buckets_that_are_not_there_or_closed_are_told_apart(seaweedfs: Store) -> None:
    for words, key, expected in (
        (seaweedfs.of("nothing").url("bars.csv"), "", "there is no such bucket"),
        (seaweedfs.url("bars.csv"), "", "there is no such object, and no folder of that name"),
        (seaweedfs.url("*.csv"), "other", "refuses these credentials (403"),
    ):
        env = seaweedfs.without(**({"AWS_SECRET_ACCESS_KEY": key} if key else {}))
        assert expected in run(["plan", words], Path(), env)


def test_public_buckets_need_no_keys(seaweedfs: Store, digests: dict[str, str]) -> None:
    seaweedfs.of("open").put("bars.csv", FILES["bars.csv"])
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    env = seaweedfs.without(*keys, AWS_SKIP_SIGNATURE="true")
    done = run_barwise("plan", "s3://open/bars.csv", env={**OF_CHECKOUT, **env})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("https://host/folder/", "no folder and no pattern can be listed"),
        ("https://host/*.csv", "no folder and no pattern can be listed"),
        ("http://host/bars.csv", "is not encrypted: write https://"),
        ("s3://", "names no bucket: write s3://BUCKET/"),
        ("s3://KEY:SECRET@bucket/bars.csv", "has a user or a key before its bucket"),
        ("gcs://bucket/bars.csv", "an address begins with s3://"),
        ("s3:/bucket/bars.csv", "an address has two slashes"),
    ],
)
def test_addresses_that_cannot_be_read_are_refused(word: str, expected: str) -> None:
    with pytest.raises(barwise.InputError) as error:
        barwise.run(word, window=2)
    assert expected in str(error.value)
    assert "SECRET" not in str(error.value)


def test_without_obstore_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(barwise.InputError, match=r"pip install 'barwise\[stores\]'") as error:
        barwise.run("s3://another-bucket/bars.csv", window=2)
    assert error.value.code == "not_installed"


def test_secrets_of_an_address_are_written_nowhere(folder: Path) -> None:
    secret = "X-Amz-Signature=5EC2E7"
    for name, data in {"/bars.csv": FILES["bars.csv"], "/bad.csv": b"close\nx\n"}.items():
        with web({name: data}, key=secret) as server:
            address = f"{server.url.replace('//', '//me:5EC2E7@')}{name}?{secret}"
            words = ["run", address, "--record", "r.json", "--signals", "s.csv"]
            run_barwise("init", address, "--output", "new.yaml", cwd=folder)
            done = run_barwise(*words, cwd=folder)
            assert (done.returncode == 0) == (name == "/bars.csv"), done.stderr
            told = [done.stdout, done.stderr, *(path.read_text() for path in folder.iterdir())]
            assert not [text for text in told if "5EC2E7" in text]
    wrong = run_barwise("plan", "https://127.0.0.1:9/bars.csv?token=5EC2E7")
    assert wrong.returncode == 1
    assert "5EC2E7" not in wrong.stdout + wrong.stderr


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


def job(store: Store, word: str, folder: Path) -> tuple[str, float]:
    """The error of a job that cannot read its input, whose earlier outputs stay whole."""
    (folder / "record.json").write_text("earlier")
    began = time.monotonic()
    words = ["run", word, "--record", "record.json"]
    told = run(words, folder, store.environment)
    assert (folder / "record.json").read_text() == "earlier"
    assert json.loads((folder / "metrics.json").read_text())["status"] == "error"
    return told, time.monotonic() - began


def run(words: list[str], folder: Path, env: dict[str, str]) -> str:
    """The one line of a command that fails."""
    (folder / "config.yaml").write_text(CONFIG)
    env = {**OF_CHECKOUT, **NO_BYTECODE, **env}
    done = run_barwise(*words, env=env, timeout=HANG)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    mark = "ERROR" if words[0] == "run" else "error"
    return next(line for line in (done.stdout + done.stderr).splitlines() if mark in line)
