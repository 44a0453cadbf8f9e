"""A stranger's first minutes: short command lines, slips, missing packages, an old Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.commands import main
from barwise.commands.main import COMMANDS
from tests.conftest import BARS, KERNELS, NO_BYTECODE, ROOT, run_barwise

USUAL = ("metrics.json", "run.log")


def python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of this Python in the present folder."""
    return subprocess.run(
        [sys.executable, *words],
        text=True,
        capture_output=True,
        env={**KERNELS, **NO_BYTECODE, "PYTHONPATH": str(ROOT), **environment},
    )


def failure(stdout: str) -> str:
    """The message of error metrics, which is all that stdout has."""
    metrics = json.loads(stdout)
    assert list(metrics) == ["version", "status", "error_message"]
    assert metrics["status"] == "error"
    return str(metrics["error_message"])


@pytest.mark.parametrize("program", [["-m", "barwise", "run"], [str(ROOT / "run.py")]])
def test_bars_are_named_by_words_and_all_else_has_its_usual_place(program: list[str]) -> None:
    done = python(*program, "data.csv", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(Path("metrics.json").read_text())
    assert "Job completed successfully" in Path("run.log").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["a.csv", "b.csv"],
        ["--workers", "1", "a.csv", "b.csv"],
        ["a.csv", "--quiet", "b.csv"],
        ["--input", "a.csv", "--input", "b.csv"],
        ["a.csv", "--input", "b.csv"],
    ],
)
def test_words_and_options_stand_in_any_order(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.csv").write_text(BARS)
    Path("b.csv").write_text(BARS.replace("2024", "2025"))
    assert main.main(["run", *words]) == 0
    assert json.loads(Path("metrics.json").read_text())["rows_processed"] == 8


SLIPS = ["--windw", "--window=5", "--outptu", "--", "-x", "--workers", "0", "--config", "", "é\n"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*SLIPS, "data.csv", "--quiet", "--no", "--record", "-"])))
def test_whatever_is_wrong_with_a_line_that_runs_stdout_is_json(words: list[str]) -> None:
    import contextlib
    import io

    Path("config.yaml").unlink(missing_ok=True)  # so that none succeeds
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        assert main.main(["run", *words]) == 1
    printed = stdout.getvalue()
    assert failure(printed[printed.index("{\n") :])
    assert "Traceback" not in stderr.getvalue()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run", "--windw", "5"], "window is a key of the config; set it there"),
        (["run", "data.csv", "--arithmetic=exact"], "arithmetic is a key of the config"),
        (["run", "data.csv", "--outptu", "x"], "did you mean --output?"),
        (["check", "data.csv", "--jsno", "x"], "did you mean --json?"),
        (["verify", "a.json", "--workrs", "2"], "did you mean --workers?"),
        (["diff", "a.json", "b.json", "c.json"], "'c.json' is a word too many"),
        (["sample", "--zzz"], "options are --help, --rows, --seed, --tick, --output"),
        (["run"], "no bars are named: write barwise run data.csv"),
        (["plan"], "no bars are named: write barwise plan data.csv"),
        (["rnu"], "'rnu' is no command: did you mean run?"),
        (["xyzzy"], f"'xyzzy' is no command: commands are {', '.join(COMMANDS)}"),
        (["data.csv"], "to run the job on it, write barwise run data.csv"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(
    words: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(words) == 1
    usage, error = capsys.readouterr().err.splitlines()
    command = f"barwise {words[0]}" if words[0] in COMMANDS else "barwise"
    assert usage.startswith(f"usage: {command} ")
    assert error.startswith(f"{command}: error: ")
    assert hint in error


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for words in (["help", command], [command, "--help"]):
        with pytest.raises(SystemExit) as ended:
            main.main(words)
        assert ended.value.code == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[0].startswith(f"usage: barwise {command} ")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["help"])
    assert all(what in capsys.readouterr().out for what in [*COMMANDS.values()][:1])


@pytest.mark.parametrize("option", ["--output", "--log-file", "--signals", "--record"])
def test_a_dash_is_no_file_to_write(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(os.listdir())
    assert main.main(["run", "data.csv", option, "-"]) == 1
    assert f"argument {option}: '-' is not a file" in failure(capsys.readouterr().out)
    assert sorted(os.listdir()) == before
    assert main.main(["run", "data.csv", "--output", "./-"]) == 0
    assert json.loads(Path("-").read_text())["status"] == "success"


def test_a_wrong_line_says_that_the_usual_metrics_are_old(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["run", "data.csv", "--quiet"]) == 0
    assert main.main(["run", "data.csv", "--quit"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "metrics.json is from an earlier run"


def test_a_config_that_is_not_there_says_how_to_make_one() -> None:
    os.remove("config.yaml")
    done = run_barwise("run", "data.csv", "--quiet")
    assert failure(done.stdout) == (
        "cannot open the config config.yaml: No such file or directory; check the path, or write a "
        "config by barwise init"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "windw: 5\n",
            "'windw' on line 1 of config.yaml: did you mean window? it also has no seed",
        ),
        ("wind: 5\nseed: 1\nversion: v1\n", "did you mean window?"),
        ("windw: 5\nwidow: 5\n", "did you mean window? it also has no seed, version"),
        (
            "window: 0\n",
            "must be a whole number of bars, 1 or more, without quotes; it also has no",
        ),
    ],
)
def test_an_unknown_key_and_missing_ones_are_told_at_once(text: str, message: str) -> None:
    Path("config.yaml").write_text(text)
    assert message in failure(run_barwise("run", "data.csv", "--quiet").stdout)


@pytest.mark.parametrize("command", ["plan", "check", "convert"])
def test_a_config_is_needed_by_the_run_alone(command: str) -> None:
    more = ["--to", "lake"] if command == "convert" else []
    with_config = run_barwise(command, "data.csv", *more)
    assert with_config.stderr == "config: config.yaml, as --config names no other\n"
    if more:
        more = ["--to", "another"]
    os.remove("config.yaml")
    without = run_barwise(command, "data.csv", *more)
    assert (without.returncode, without.stderr) == (0, "")
    assert without.stdout.replace("another", "lake") == with_config.stdout


def without_packages(*words: str) -> subprocess.CompletedProcess[str]:
    """A process whose Python has none of what barwise needs."""
    return python("-S", *words)


@pytest.mark.parametrize("program", [[str(ROOT / "run.py")], ["-m", "barwise", "run"]])
def test_missing_packages_are_named_in_error_metrics(program: list[str]) -> None:
    done = without_packages(*program, "data.csv", "--quiet")
    message = failure(done.stdout)
    assert message.startswith(
        "numpy, pyyaml, pyarrow, msgspec, tqdm are missing: in a checkout run"
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert failure(Path("metrics.json").read_text()) == message
    assert message in Path("run.log").read_text()


@pytest.mark.parametrize("words", [["check", "data.csv"], ["plan", "data.csv"]])
def test_missing_packages_of_other_commands(words: list[str]) -> None:
    done = without_packages("-m", "barwise", *words)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()[-1:]
    assert line.startswith("error: numpy, pyyaml, pyarrow, msgspec, tqdm are missing")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("package", ["numpy", "yaml"])
def test_a_package_that_is_broken_is_one_line(package: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / package
    broken.mkdir(parents=True)
    essay = "\\n\\nIMPORTANT: PLEASE READ THIS\\n\\nmany lines\\n"
    (broken / "__init__.py").write_text(f"raise ImportError({essay!r})".replace("\\\\n", "\\n"))
    path = f"{broken.parent}{os.pathsep}{ROOT}"
    done = python("-m", "barwise", "run", "data.csv", "--quiet", PYTHONPATH=path)
    message = failure(done.stdout)
    assert message.startswith("a package cannot be imported: IMPORTANT: PLEASE READ THIS: in a")
    assert (done.returncode, done.stderr) == (1, "")


def test_a_module_of_our_own_that_is_missing_is_a_fault_of_ours(tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "barwise", copy / "barwise")
    (copy / "barwise/stages/counts.py").unlink()
    done = python("-m", "barwise", "run", "data.csv", "--quiet", PYTHONPATH=str(copy))
    assert "internal error, ModuleNotFoundError" in failure(done.stdout)
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    "module", [("run_path", str(ROOT / "run.py")), ("run_module", "barwise")], ids=str
)
def test_a_python_that_is_too_old_is_said_before_anything_is_imported(module: Any) -> None:
    function, name = module
    code = (
        f"import runpy, sys; sys.version_info = (3, 10, 4, 'final', 0)\n"
        f"sys.argv = ['barwise', 'run', 'data.csv']\n"
        f"runpy.{function}({name!r}, run_name='__main__')"
    )
    done = python("-S", "-c", code)
    message = "Python 3.10 is too old: barwise needs Python 3.11 or later"
    assert failure(done.stdout) == message
    assert (done.returncode, done.stderr) == (1, f"error: {message}\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("barwise ch", ["check"]),
        ("barwise run --wo", ["--workers"]),
        ("barwise verify --j", ["--json"]),
        ("barwise completion z", ["zsh"]),
    ],
)
def test_a_shell_is_told_how_a_word_may_go_on(line: str, found: list[str]) -> None:
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": "words.txt",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    assert python("-m", "barwise", **asked).returncode == 0
    assert [word.strip() for word in Path("words.txt").read_text().split("\n")] == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell: str) -> None:
    done = run_barwise("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "barwise" in done.stdout
    without = without_packages("-m", "barwise", "completion", shell)
    assert without.stderr == (
        "error: argcomplete is missing: install it beside barwise, as in pip install argcomplete\n"
    )


def test_a_run_imports_nothing_of_what_completes_words() -> None:
    code = (
        "import sys; from barwise.commands.main import main; main(['run', 'data.csv'])\n"
        "assert 'argcomplete' not in sys.modules and 'difflib' not in sys.modules\n"
        "assert 'barwise.commands.check' not in sys.modules"
    )
    assert python("-c", code).returncode == 0
