from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from barwise.files.code import code
from barwise.records import environment
from tests.conftest import ROOT

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}[A-Za-z0-9]", fullmatch=True)
VERSIONS = st.from_regex(r"([0-9]!)?[0-9]+(\.[0-9]+){0,2}(rc1)?(\+[a-z0-9.]{1,5})?", fullmatch=True)


@given(NAMES, VERSIONS)
def test_a_purl_is_that_of_the_reference_implementation(name: str, version: str) -> None:
    expected = PackageURL("pypi", None, name, version).to_string()
    assert environment.purl(name, version) == expected


def test_what_is_imported_is_what_the_standard_library_maps_modules_to() -> None:
    script = """
import polars, yaml, sys
from importlib.metadata import packages_distributions, version
from barwise.files.code import code
from barwise.records import environment

of = packages_distributions()
tops = {name.split(".")[0] for name, its in sys.modules.items() if getattr(its, "__file__", None)}
expected = {name: version(name) for top in tops for name in of.get(top, ())}
expected.pop("barwise", None)  # it is told apart
found = environment.imported()
print(found == expected or (found, expected))
print("numpy" in found, "polars" in found)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\nFalse True\n"


def test_the_code_has_the_digest_that_sha256sum_gives() -> None:
    command = (
        "find barwise -name '*.py' -o -name '*.[ch]' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert code() == done.stdout.split()[0]
