"""What must hold after a fault: all results, or an error that says it and leaves all whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.faults.cases import Case, Files, as_result
from tests.faults.injecting import Call, Ended
from tests.kit.processes import OLD

LIMIT = 500  # characters of a message


class Scene(NamedTuple):
    """A run to which a fault came.

    case: which. before, after, right: its files before it, after it, and after one without faults.
    ended: how it ended. usual: how one without faults ends. call: the one that failed, if any did.
    """

    case: Case
    before: Files
    after: Files
    right: Files
    ended: Ended
    usual: Ended
    call: Call | None

    @property
    def is_pipe(self) -> bool:
        """Whether the fault is of stdout or stderr, so that words may be lost."""
        return self.call is not None and self.call.file.startswith("pipe:")


def wrongs(scene: Scene) -> Iterator[str]:
    """What is wrong, in words."""
    yield from of_streams(scene)
    yield from of_leftovers(scene)
    if scene.ended.code not in (0, 1):
        yield f"exit code {scene.ended.code}"
    elif scene.ended.code == 0:
        yield from of_success(scene)
    else:
        yield from of_failure(scene)


def of_streams(scene: Scene) -> Iterator[str]:
    if scene.call and scene.call.wants_memory and "SystemError: " in scene.ended.stderr:
        return  # without memory Python 3.11's own `re` ends in it
    for word in ("Traceback", "internal error", "Exception ignored"):
        if word in scene.ended.stderr + scene.ended.stdout:
            yield f"{word!r} is told"


def of_leftovers(scene: Scene) -> Iterator[str]:
    """What is there that nobody asked for; what was read has not changed."""
    may_leave = scene.call is not None and scene.call.name in ("unlink", "unlinkat", "rmdir")
    left = [name for name in scene.after if ".barwise-" in name]
    if left and not may_leave:
        yield f"temporary files are left: {left}"
    for name, data in scene.before.items():
        replaced = name in (*scene.case.outputs, "run.log")
        if not replaced and scene.after.get(name) != data:
            yield f"{name} has changed"


def of_success(scene: Scene) -> Iterator[str]:
    if scene.case.code != 0:
        yield "success, where the bars are bad"
        return
    names = {name for name in scene.right if name not in ("run.log",)}
    for name in sorted(names):
        if name not in scene.after:
            yield f"success without {name}"
        elif as_result(name, scene.after[name]) != as_result(name, scene.right[name]):
            yield f"success with a wrong {name}"
    yield from of_record(scene.case, scene.after)
    if not scene.is_pipe and not scene.case.is_run and scene.ended.stdout != scene.usual.stdout:
        yield "success with another stdout"
    if scene.case.is_run:
        yield from of_log(scene, "Job completed successfully")


def of_record(case: Case, after: Files) -> Iterator[str]:
    """Whether the record is of the files that are there."""
    if "record.json" not in case.outputs:
        return
    for subject in json.loads(after["record.json"])["subject"]:
        digest = hashlib.sha256(after[subject["name"]]).hexdigest()
        if digest != subject["digest"]["sha256"]:
            yield f"the record is not of the {subject['name']} that is there"


def of_log(scene: Scene, words: str) -> Iterator[str]:
    log = scene.after.get("run.log", b"").decode()
    if not log.endswith("\n"):
        yield "the log ends within a line"
    if log.count(words) != 1:
        yield f"the log says {words[:40]!r} {log.count(words)} times"


def of_failure(scene: Scene) -> Iterator[str]:
    message = yield from of_error(scene)
    if message is None:
        return
    if len(message) >= LIMIT:
        yield "the message is long"
    if not any(name in message for name in to_be_named(scene)):
        yield f"the message does not name what failed: {message}"
    if scene.call is None or scene.call.name != "getcwd":  # else no output may be touched
        for name in scene.case.outputs:
            yield from of_output(scene, name, message)
    if not scene.case.is_run:
        yield from of_lake(scene)
    elif scene.call is None or not scene.call.file.endswith("run.log"):
        yield from of_log(scene, f" - ERROR - {message}\n")


def of_error(scene: Scene) -> Any:
    """The message, as stdout and stderr tell it; None where the pipe to tell it has failed."""
    if scene.is_pipe and scene.case.code == 0:
        return None
    if scene.case.is_run:
        try:
            text = scene.ended.stdout
            told = json.loads(text[text.index("{\n") :])
        except ValueError:
            if not scene.is_pipe:
                yield "no error metrics on stdout"
            return None
        if list(told) != ["version", "status", "error_message"] or told["status"] != "error":
            yield f"other error metrics: {told}"
        return told.get("error_message", "")
    told = [line for line in scene.ended.stderr.splitlines() if line.startswith("error: ")]
    if len(told) != 1 and scene.case.name != "verify":
        yield f"{len(told)} lines of errors on stderr"
    return told[0].removeprefix("error: ") if told else None


def to_be_named(scene: Scene) -> set[str]:
    """What a message must name, one of them: the file of the call, if it is one of the case."""
    names = {name.rpartition("/")[2] for name in {**scene.before, **scene.right}}
    file = scene.call.file.rpartition("/")[2] if scene.call else ""
    is_temporary = scene.call is not None and ".barwise-" in scene.call.file
    if file in names and not is_temporary and scene.case.code == 0:
        return {file}
    # A temporary file, or a folder; a module of Python's, or where it is; memory, a thread.
    others = {
        "lake",
        "current folder",
        "present folder",
        "install",
        "memory",
        "thread",
        "internal error",
    }
    return {*names, *others, *filter(None, [file])}


def of_output(scene: Scene, name: str, message: str) -> Iterator[str]:
    """Whether an output is whole, and said to be what it is."""
    data, stderr = scene.after.get(name), scene.ended.stderr
    if data is None:
        if name == "metrics.json":
            if "metrics" not in stderr:
                yield "no metrics file, and no word about it"
        elif scene.before.get(name) is not None and f"{name} is removed" not in stderr:
            yield f"{name} is gone without a word"
    elif data == OLD.encode():
        words = f"{name} is from an earlier run", f"nobody can say which run {name} is from: "
        if name == "report.json" and scene.call and scene.call.is_of_python:
            return  # a check that could not be loaded knows of no report
        if not any(one in stderr for one in words) and not scene.is_pipe:
            yield f"nothing says that {name} is from an earlier run"
    elif name in ("metrics.json", "report.json"):
        yield from of_error_file(name, data, message)
    elif as_result(name, data) != as_result(name, scene.right.get(name, b"{}")):
        yield f"{name} is torn"
    elif name == "record.json" and "cannot remove" not in stderr:
        yield "the record of a failed run is left"
    elif f"{name} is from this run, which failed after it" not in stderr:
        yield f"nothing says that {name} is from this run"


def of_error_file(name: str, data: bytes, message: str) -> Iterator[str]:
    try:
        told = json.loads(data)
    except ValueError:
        yield f"{name} is torn"
        return
    if told.get("error_message") != message:
        yield f"{name} says another error: {told}"


def of_lake(scene: Scene) -> Iterator[str]:
    """A lake is there as a whole, or as it was before."""
    lakes = [
        {name: data for name, data in files.items() if name.split("/")[0] == "lake"}
        for files in (scene.before, scene.after, scene.right)
    ]
    if lakes[1] not in (lakes[0], lakes[2]):
        yield f"the lake is torn: {sorted(lakes[1])}"
    if lakes[1] != lakes[0] and "is there" not in scene.ended.stderr:
        yield "the lake is there, and the error does not say so"
