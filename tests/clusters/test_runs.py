"""A separate scheduler and two workers give what one machine gives."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

import barwise
from barwise.stages.digests import BlockDigests
from tests.clusters import kills
from tests.clusters.processes import Cluster, lake, wait_until
from tests.clusters.processes import barwise as begun
from tests.conftest import CONFIG, run_barwise
from tests.kit.processes import HANG


def own_details(record: str) -> Any:
    statement = json.loads(Path(record).read_text())
    return statement["predicate"]["runDetails"]["byproducts"][0]["annotations"]


@pytest.mark.parametrize("arithmetic", ["exact", "float64"])
def test_a_record_is_the_same_and_each_verifies_the_other(arithmetic: str, dask: Cluster) -> None:
    lake(Path("bars"), 12, 10_000)
    Path("config.yaml").write_text(f"{CONFIG}arithmetic: {arithmetic}\n")
    where = {"threads": "threads", "processes": "processes:2", "dask": dask.on}
    for name, on in where.items():
        words = ["--on", on, "--record", f"{name}.json", "--output", f"{name}.metrics.json"]
        done = run_barwise("run", "bars", *words, "--quiet")
        assert (done.returncode, done.stderr) == (0, "")
        run = own_details(f"{name}.json")["run"]
        assert run.get("executor", "threads") == name
        assert own_details(f"{name}.json")["result"] == own_details("threads.json")["result"]
        assert "127.0.0.1" not in Path(f"{name}.json").read_text()
    assert own_details("dask.json")["run"]["workers"] == 2
    assert len(own_details("dask.json")["run"]["worker_versions"]) == 1
    for record, on in (("dask", "threads"), ("threads", dask.on), ("dask", "processes:1")):
        done = run_barwise("verify", f"{record}.json", "--on", on)
        assert (done.returncode, done.stderr) == (0, "")
        assert "all the same" in done.stdout


def test_a_check_is_the_same(dask: Cluster) -> None:
    lake(Path("bars"), 12, 1_000)
    local = run_barwise("check", "bars", "--json")
    done = run_barwise("check", "bars", "--json", "--on", f"dask+file://{dask.file}")
    assert (done.returncode, done.stdout) == (local.returncode, local.stdout)


def test_bars_in_doubt_and_faults_are_told_alike(dask: Cluster) -> None:
    for day, cell in ((1, "1"), (3, "2"), (2, "x"), (2, "y")):
        with Path(f"bars-{day}-{cell}.csv").open("w") as file:
            file.write(f"timestamp,close\n2024-01-0{day},{cell}\n2024-01-0{day},1\n")
    for pattern in ("bars-*-[12].csv", "bars-*.csv"):
        done = [run_barwise("run", pattern, "--quiet", "--on", on) for on in ("threads", dask.on)]
        metrics = [json.loads(one.stdout) for one in done]
        assert [m.pop("latency_ms", 0) for m in metrics]
        assert metrics[0] == metrics[1]
        assert done[0].stderr == done[1].stderr == ""


def test_rows_are_sorted_by_time_on_workers_too(dask: Cluster) -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-03,3\n2024-01-01,1\n2024-01-02,2\n")
    one, other = (barwise.run("data.csv", window=2, order="time", executor=on,
                              measures=[BlockDigests()])
                  for on in ("threads", dask.on))  # fmt: skip
    assert one.digest == other.digest


class Worked:
    """Which processes computed; it is of no module that a worker could import."""

    name, needs, value = "worked", frozenset[str](), list[int]

    def of(self, bars: Any) -> list[int]:
        import os

        return [os.getpid()]

    def merge(self, left: list[int], right: list[int]) -> list[int]:
        return sorted({*left, *right})


def test_a_measure_of_a_script_goes_to_the_workers(dask: Cluster) -> None:
    Worked.__module__ = "__main__"  # as in a script or a notebook
    lake(Path("bars"), 24, 300_000)
    result = barwise.run(
        "bars", window=2, arithmetic="exact", measures=[Worked()], executor=dask.on
    )
    worked = {pid for values in result.values.values() for pid in values["worked"]}
    assert worked <= {*dask.workers().values()}
    assert (result.crew.executor, result.crew.workers) == ("dask", 2)


def test_a_killed_worker_changes_nothing(dask: Cluster, tmp_path: Path) -> None:
    kills.killed(tmp_path, kills.prepare(tmp_path), dask, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_job_and_what_has_not_begun(number: int, dask: Cluster) -> None:
    lake(Path("bars"), 240, 300_000)
    job = begun("run", "bars", "--quiet", "--on", dask.on, cwd=Path())
    wait_until(lambda: dask.tasks() > 1, job)
    job.send_signal(number)
    stdout, stderr = job.communicate(timeout=HANG)
    assert (job.returncode, stderr) == (1, "")
    assert "stopped by" in json.loads(stdout)["error_message"]
    wait_until(lambda: dask.tasks() == 0, dask.scheduler)
