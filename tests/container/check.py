"""Builds the image and runs it for real: with Docker where an engine runs, else with buildah.

`make container-test`. Needs Python's standard library only; buildah needs root. Not part of pytest:
building takes a package index and a base image.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMAGE = "mlops-task"
HANG = 600  # seconds; only ends what would never end, however busy the machine is
# Of `barwise sample --seed 42 --tick 33.3` and the committed config, by arithmetic; pytest proves
# them by pandas, fractions and hashlib, and the image must give them too, on another Python.
DIGESTS = {
    "float64": "b8f466071529059d47c53c8aa139ac52c0c2b897224783dcfe69151eaad6c0d4",
    "exact": "6f1f4723f8f26ded9fe4e7270d8e025337a06c24a66b801b09673fddc908931a",
}
FORMATS = """
from csv import reader
from zipfile import ZIP_DEFLATED, ZipFile
import pyarrow as pa, pyarrow.parquet as pq
names, *rows = reader(open("/out/bars.csv"))
columns = dict(zip(names, zip(*rows)))
bars = {n: c if n == "timestamp" else [float(x) for x in c] for n, c in columns.items()}
pq.write_table(pa.table(bars), "/out/bars.parquet", row_group_size=777)
with ZipFile("/out/bars.zip", "w", ZIP_DEFLATED) as zip:
    zip.write("/out/bars.csv", "bars.csv")
"""
# Of what the image holds: megabytes of all, and of Python's packages.
SIZES = "for f in / {packages}; do du -sx --block-size=1M $f 2> /dev/null; done"
JOB = [
    "--config", "/app/config.yaml", "--output", "/out/metrics.json", "--log-file", "/out/run.log",
]  # fmt: skip


def sh(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, text=True, capture_output=True, **options)


def must(*command: str) -> str:
    done = sh(*command)
    if done.returncode:
        sys.exit(f"container test: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Docker:
    """`docker run` with a read-only root, without a network, and `out` on the host as /out."""

    def __init__(self) -> None:
        must("docker", "build", "--tag", IMAGE, str(ROOT))

    def command(self, out: Path, arguments: list[str], entrypoint: list[str] | None) -> list[str]:
        command = ["docker", "run", "--rm", "--read-only", "--network=none", f"--volume={out}:/out"]
        if entrypoint:
            return [*command, f"--entrypoint={entrypoint[0]}", IMAGE, *entrypoint[1:], *arguments]
        return [*command, IMAGE, *arguments]

    def close(self) -> None:
        pass


class Buildah:
    """The same without an engine: the image mounted read-only, the job process 1 in a chroot."""

    def __init__(self) -> None:
        os.environ.setdefault("STORAGE_DRIVER", "vfs")
        os.environ.setdefault("BUILDAH_ISOLATION", "chroot")
        must("buildah", "bud", "--pull-never", "--tag", IMAGE, str(ROOT))
        self.config = json.loads(must("buildah", "inspect", "--type=image", IMAGE))["OCIv1"][
            "config"
        ]
        self.container = must("buildah", "from", "--pull-never", IMAGE)
        self.root = tempfile.mkdtemp()
        must("mount", "--bind", must("buildah", "mount", self.container), self.root)
        must("mount", "-o", "remount,ro,bind", self.root)

    def command(self, out: Path, arguments: list[str], entrypoint: list[str] | None) -> list[str]:
        start = entrypoint or self.config["Entrypoint"]
        if not entrypoint:
            arguments = arguments or self.config["Cmd"]
        inside = (
            f'mount --bind "{out}" "{self.root}/out" && cd "{self.root}" && '
            f"exec env -i {' '.join(self.config['Env'])} "
            f'chroot --userspec={self.config["User"]} "{self.root}" "$@"'
        )
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        return [*unshare, "sh", "-c", inside, "sh", *start, *arguments]

    def close(self) -> None:
        must("umount", self.root)
        must("buildah", "rm", self.container)


def check(claim: str, holds: bool, evidence: object = "") -> None:
    print(f"{'ok' if holds else 'FAILED'}: {claim}" + ("" if holds else f"\n{evidence}"))
    if not holds:
        raise SystemExit(1)


def metrics_in(stdout: str) -> dict[str, Any]:
    """The JSON at the end of what a job printed."""
    metrics: dict[str, Any] = json.loads(stdout[stdout.index("{\n") :])
    return metrics


def check_image(engine: Docker | Buildah, out: Path) -> None:
    def run(*arguments: str, entrypoint: list[str] | None = None) -> Any:
        return sh(*engine.command(out, list(arguments), entrypoint))

    done = run()
    check("the committed bars give exit code 0", done.returncode == 0, done)
    expected = json.loads((ROOT / "metrics.json").read_text())
    for metrics in (metrics_in(done.stdout), json.loads((out / "metrics.json").read_text())):
        metrics["latency_ms"] = expected["latency_ms"]
        check("stdout and /out hold the committed metrics", metrics == expected, metrics)
    check("stdout holds the seven log lines", done.stdout.count(" - INFO - ") == 7, done.stdout)

    (out / "bad.csv").write_text("timestamp,close\n2024-01-01,abc\n")
    done = run("--input", "/out/bad.csv", *JOB)
    check("a bad close gives exit code 1", done.returncode == 1, done)
    message = metrics_in(done.stdout)["error_message"]
    check("and names it", "close is 'abc' on line 2 of /out/bad.csv" in message, message)

    write = (
        "import pyarrow as pa, pyarrow.parquet as pq; "
        "closes = pa.table({'close': [1.0, 2.0, 3.0, 4.0] * 5}); "
        "pq.write_table(closes, '/out/a.parquet'); "
        "w = pa.ipc.new_stream('/out/b.arrows', closes.schema); w.write_table(closes); w.close()"
    )
    run("-c", write, entrypoint=["python"])
    done = run("--input", "/out/a.parquet", "/out/b.arrows", *JOB)
    check("Parquet and Arrow are read", metrics_in(done.stdout).get("rows_processed") == 40, done)
    done = run("--input", "/out/a.parquet", *JOB, "--signals", "/out/signals.parquet")
    head = (out / "signals.parquet").read_bytes()[:4]
    check("signals are written as Parquet", (done.returncode, head) == (0, b"PAR1"), done)

    check_records(run, out)

    done = run("-m", "barwise", "--version", entrypoint=["env", "--chdir=/app", "python"])
    check("the kernels compute", "(kernels: " in done.stdout, done)
    done = run("-c", "command -v gcc; command -v cc; command -v clang; echo", entrypoint=["sh"])
    check("there is no compiler", done.stdout == "\n", done)
    show_sizes(run)

    done = run("-u", entrypoint=["id"])
    check("the job is not root", done.stdout.strip() == "10001", done)
    done = run("/app/new", entrypoint=["touch"])
    check("its root file system is read-only", "Read-only file system" in done.stderr, done)
    check("it can be stopped by SIGTERM", *stopped(engine, out))


def show_sizes(run: Callable[..., Any]) -> None:
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = run("-c", where, entrypoint=["python"]).stdout.strip()
    done = run("-c", SIZES.format(packages=packages), entrypoint=["sh"])
    image, of_packages = (int(line.split()[0]) for line in done.stdout.splitlines())
    print(f"the image has {image} MB, of which Python's packages are {of_packages} MB")
    # 450 MB is the aim; the stand-in for the official base is 286 MB, and may grow by itself.
    check("the image has at most 460 MB", image <= 460, done)


def check_records(run: Callable[..., Any], out: Path) -> None:
    """The same digest in every format and with any number of workers; and a record is verified."""

    def barwise(*words: str) -> Any:
        return run(*words, entrypoint=["env", "--chdir=/app", "python", "-m", "barwise"])

    bars, job = "/out/bars.csv", ["--config", "/out/config.yaml", *JOB[2:]]
    barwise("sample", "--seed", "42", "--tick", "33.3", "--output", bars)
    run("-c", FORMATS, entrypoint=["python"])
    barwise("convert", "--input", bars, "--config", "/app/config.yaml", "--to", "/out/lake")
    for arithmetic, expected in DIGESTS.items():
        config = (ROOT / "config.yaml").read_text()
        (out / "config.yaml").write_text(f"{config}arithmetic: {arithmetic}\n")
        for name in (bars, "/out/bars.zip", "/out/bars.parquet", "/out/lake"):
            for workers in ("1", "8"):
                record = ["--record", "/out/record.json", "--workers", workers]
                done = run("--input", name, *job, *record)
                check(f"{name} is recorded", done.returncode == 0, done)
                statement = json.loads((out / "record.json").read_text())
                own = statement["predicate"]["runDetails"]["byproducts"][0]["annotations"]
                claim = f"{name}, {arithmetic}, {workers} workers, Python {own['run']['python']}"
                digest = own["result"]["digest"]
                check(f"the digest of {claim}", digest == expected, (digest, done))
        done = barwise("verify", "/out/record.json")
        check("the record is verified", done.stdout.endswith("all the same\n"), done)


def stopped(engine: Docker | Buildah, out: Path) -> tuple[bool, object]:
    """Whether SIGTERM ends a long job before it is done, with the error metrics written."""
    with (out / "long.csv").open("w") as bars:
        bars.write("close\n" + "1.25\n2.5\n" * 25_000_000)
    log = out / "run.log"
    log.unlink()
    process = subprocess.Popen(
        engine.command(out, ["--input", "/out/long.csv", *JOB], None),
        text=True,
        stdout=subprocess.PIPE,
    )
    while not (log.exists() and "Config loaded" in log.read_text()):
        time.sleep(0.05)
    if isinstance(engine, Docker):
        names = must("docker", "ps", "--quiet", f"--filter=ancestor={IMAGE}")
        must("docker", "stop", "-t", str(HANG), names)
    else:
        child = must("pgrep", "--parent", str(process.pid)).split()[0]
        os.kill(int(child), signal.SIGTERM)
    stdout, _ = process.communicate(timeout=HANG)
    written = json.loads((out / "metrics.json").read_text())
    evidence = (process.returncode, written)
    return "SIGTERM" in written.get("error_message", "") and "SIGTERM" in stdout, evidence


def main() -> None:
    docker = shutil.which("docker") and sh("docker", "info").returncode == 0
    engine = Docker() if docker else Buildah()
    out = Path(tempfile.mkdtemp())
    out.chmod(0o777)
    try:
        check_image(engine, out)
    finally:
        engine.close()
        shutil.rmtree(out)
    print(f"container test passed with {type(engine).__name__.lower()}")


if __name__ == "__main__":
    main()
