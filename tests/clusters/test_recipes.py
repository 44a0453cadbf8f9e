"""The recipes for clusters: the script runs, and the manifest is what the operator takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from barwise.commands.main import parser_of
from tests.clusters.processes import environment, lake, wait_until
from tests.clusters.test_failures import ENDED, group
from tests.conftest import ROOT
from tests.kit.processes import HANG

RECIPES = ROOT / "recipes"
CRD = "operator/deployment/helm/dask-kubernetes-operator/crds/daskjob.yaml"


def job() -> Any:
    return yaml.safe_load((RECIPES / "dask-job.yaml").read_text())


def strict(schema: Any) -> Any:
    """The same, where a field that it does not know is an error; Kubernetes drops such a field."""
    if isinstance(schema, list):
        return [*map(strict, schema)]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if made.pop("x-kubernetes-int-or-string", False):
        return {"type": ["integer", "string"]}
    if isinstance(made.get("properties"), dict) and not made.get(
        "x-kubernetes-preserve-unknown-fields"
    ):
        made.setdefault("additionalProperties", False)
    return made


@pytest.fixture(scope="module")
def operator() -> Draft202012Validator:
    """The operator's own schema of a DaskJob, as its package has it."""
    spec = find_spec("dask_kubernetes")
    if spec is None or spec.origin is None:
        pytest.skip("dask-kubernetes is not installed")
    crd = yaml.safe_load((Path(spec.origin).parent / CRD).read_text())
    [version] = [version for version in crd["spec"]["versions"] if version["name"] == "v1"]
    assert crd["spec"]["group"] == "kubernetes.dask.org"
    schema = version["schema"]["openAPIV3Schema"]
    whole = {"apiVersion": {"const": "kubernetes.dask.org/v1"}, "kind": {"const": "DaskJob"}}
    schema["properties"] |= {**whole, "metadata": {"required": ["name"]}}
    return Draft202012Validator(strict(schema))


def test_the_manifest_is_a_dask_job(operator: Draft202012Validator) -> None:
    operator.validate(job())


@pytest.mark.parametrize("change", ["a slip", "no command", "text for a number"])
def test_what_is_no_dask_job_is_refused(operator: Draft202012Validator, change: str) -> None:
    wrong = job()
    worker = wrong["spec"]["cluster"]["spec"]["worker"]
    if change == "a slip":
        worker["spec"]["containers"][0]["volumeMount"] = []
    elif change == "no command":
        del wrong["spec"]["cluster"]["spec"]["scheduler"]["service"]
    else:
        worker["replicas"] = "four"
    assert not operator.is_valid(wrong)


def test_the_pods_agree_with_each_other_and_with_barwise() -> None:
    made = job()
    name, spec = made["metadata"]["name"], made["spec"]
    pods = {
        "job": spec["job"]["spec"],
        **{kind: spec["cluster"]["spec"][kind]["spec"] for kind in ("worker", "scheduler")},
    }
    containers = [c for pod in pods.values() for c in pod["containers"]]
    containers += pods["job"]["initContainers"]
    assert len({container["image"] for container in containers}) == 1
    assert "@sha256:" in containers[0]["image"]
    python, file, *words = pods["job"]["containers"][0]["command"]
    assert (python, file) == ("python", "/app/run.py")
    arguments = parser_of("run", "run.py").parsed(words)
    assert arguments.on == f"dask://{name}-scheduler:8786"
    mounts = [
        {mount["name"]: mount["mountPath"] for mount in pods[kind]["containers"][0]["volumeMounts"]}
        for kind in ("job", "worker")
    ]
    assert mounts[0]["bars"] == mounts[1]["bars"] == arguments.input[0]
    service = spec["cluster"]["spec"]["scheduler"]["service"]
    assert service["selector"]["dask.org/cluster-name"] == name
    assert 8786 in [port["port"] for port in service["ports"]]


@pytest.mark.parametrize("kind", ["worker", "scheduler"])
def test_dask_knows_the_words_of_the_manifest(kind: str) -> None:
    cluster = job()["spec"]["cluster"]["spec"][kind]["spec"]
    python, *words = cluster["containers"][0]["command"]
    options = [word for word in words if word.startswith("--")]
    assert (python, words[:3]) == ("python", ["-m", "dask", kind])
    helped = subprocess.run(
        [sys.executable, *words[:3], "--help"], capture_output=True, text=True, check=True
    )
    assert all(f"{option} " in helped.stdout or f"{option}\n" in helped.stdout or
               f"{option} /" in helped.stdout or f" {option}" in helped.stdout
               for option in options)  # fmt: skip


def script(*words: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [RECIPES / "dask-cluster", *words],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**environment(), "PYTHON": sys.executable}, start_new_session=True, **options,
    )  # fmt: skip


def test_the_script_runs_a_job_and_leaves_no_process() -> None:
    lake(Path("bars"), 12, 1_000)
    process = script("2", "run", "bars", "--quiet", "--record", "record.json")
    stdout, stderr = process.communicate(timeout=HANG)
    assert (process.returncode, stderr) == (0, "")
    assert json.loads(stdout)["rows_processed"] == 12_000
    assert '"executor": "dask"' in Path("record.json").read_text()
    wait_until(lambda: not group(process.pid), ENDED)


def test_the_script_is_ended_by_a_signal() -> None:
    process = script("1", "run", "absent.csv", "--quiet")
    wait_until(lambda: len(group(process.pid)) > 1, process)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=HANG)
    assert process.returncode == 1
    wait_until(lambda: not group(process.pid), ENDED)
