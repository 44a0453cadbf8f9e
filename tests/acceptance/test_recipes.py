"""Recipes are files that a cluster takes, and their commands are really run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.conftest import BARS, CONFIG, NO_BYTECODE, ROOT
from tests.kit.processes import HANG
from tests.kit.stores.store import Store

CORE = "v1", "apps/v1", "batch/v1"  # what the published schemas describe
CRONJOB = ROOT / "recipes/cronjob.yaml"


def documents() -> Iterator[Any]:
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        for number, document in enumerate(yaml.safe_load_all(path.read_text())):
            if document and document.get("apiVersion") in CORE:
                yield pytest.param(document, id=f"{path.name} {number}")


def refuse_invalid(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("document", [*documents()])
def test_a_manifest_is_what_kubernetes_publishes(document: dict[str, Any]) -> None:
    refuse_invalid(document)


@pytest.fixture
def cronjob() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(CRONJOB.read_text())
    return job


@pytest.fixture
def pod(cronjob: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def test_a_manifest_with_a_key_that_kubernetes_does_not_know_is_refused(
    cronjob: dict[str, Any], pod: dict[str, Any]
) -> None:
    pod["containers"][0]["arguments"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        refuse_invalid(cronjob)


def test_the_cronjob_has_no_volume_no_root_and_one_secret(pod: dict[str, Any]) -> None:
    [container] = pod["containers"]
    assert not {"volumes", "initContainers"} & {*pod}
    assert not {"volumeMounts", "command", "env"} & {*container}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["envFrom"] == [{"secretRef": {"name": "barwise-bucket"}}]
    assert container["resources"]["limits"]["memory"]


def test_the_cronjobs_command_reads_and_writes_a_bucket_and_no_file(
    seaweedfs: Store, pod: dict[str, Any], tmp_path: Path
) -> None:
    for key, data in {"bars/BTC.csv": BARS, "config.yaml": CONFIG}.items():
        seaweedfs.put(f"night/{key}", data.encode())
    arguments = [word.replace("BUCKET", "lake/night") for word in pod["containers"][0]["args"]]
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        cwd=empty, env={**secret_of(seaweedfs), **NO_BYTECODE}, capture_output=True, text=True,
        timeout=HANG,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not [*empty.iterdir()]
    results = seaweedfs.keys("night/results")
    assert [key.rpartition("/")[2] for key in results] == [
        "metrics.json", "record.json", "signals.parquet",
    ]  # fmt: skip
    assert json.loads(seaweedfs.get("night/results/metrics.json"))["rows_processed"] == 4
    assert done.stdout.count(" - INFO - ") > 7
    assert "secret-of-test" not in done.stdout + seaweedfs.get("night/results/record.json").decode()


def secret_of(store: Store) -> dict[str, str]:
    """What the secret holds, by the comment of the recipe; and where the test's store is."""
    names = re.findall(r"--from-literal=(\w+)=", CRONJOB.read_text())
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= {*names}
    return {name: store.environment[name] for name in [*names, "AWS_ENDPOINT_URL"]}
