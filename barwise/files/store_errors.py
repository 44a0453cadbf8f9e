"""What stores refuse, in one line each: what it is, and what to do. obstore's own words are long,
and have the whole URL in them, whose query may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from barwise.errors import BarwiseError, InputError, OutputError, named

STATUS = re.compile(r"status code: (\d{3})(?: ([A-Z][A-Za-z ]*))?")
EXTRA = "install it with pip install 'barwise[stores]', or uv sync --extra stores in a checkout"
KEYS = {  # the ways out where a store wants to know who asks
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (profiles are not read: eval "
    '"$(aws configure export-credentials --format env)"), or AWS_SKIP_SIGNATURE=true for a public '
    "bucket",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT to the file of a key, or "
    "GOOGLE_SKIP_SIGNATURE=true for a public bucket",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or "
    "AZURE_SKIP_SIGNATURE=true for a public container",
    "https": "get an address that is signed anew, or download the file and name that",
}
CODES: dict[type[BarwiseError], str] = {OutputError: "output_failed"}
NO_OBJECT = "there is no such object"
NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "specified bucket does not exist")
OTHER_REGION = (
    *("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"),
    "redirect without LOCATION",  # as S3 answers a HEAD
)
ELSEWHERE = "set the region (AWS_REGION) or the endpoint of the bucket"
# Where clouds tell their machines who they are: asked only where no key is set.
NO_KEYS = ("169.254.169.254", "metadata.google", "169.254.170.2", "MissingAccount", "MissingToken")
NO_KEYS_OF_STORE = ("MissingAccessKeyId", "MissingSecretAccessKey", "MissingCredentials")


def changed(uri: str) -> InputError:
    """The error for an object that was replaced."""
    return InputError(
        f"the input {named(uri)} changed while it was read, so that nobody can say what was read: "
        "run again when nothing writes to it",
        code="input_changed",
    )


def absent(uri: str) -> InputError:
    """The error for an object that is not there."""
    return InputError(
        f"cannot open the input {named(uri)}: there is no such object; check the address",
        code="input_not_found",
    )


def not_installed(uri: str) -> InputError:
    return InputError(
        f"{named(uri)} is in a store, and obstore that reads stores is not installed: {EXTRA}",
        code="not_installed",
    )


@contextmanager
def raising(
    uri: str, doing: str = "read", error: type[BarwiseError] = InputError
) -> Iterator[None]:
    """Within it what a store refuses becomes an `error` of one line. FileNotFoundError too."""
    try:
        yield
    except (BarwiseError, FileExistsError, MemoryError):
        raise
    except Exception as refusal:
        if not _is_of_store(refusal):
            raise
        text = f"{type(refusal).__name__} {refusal}"
        if type(refusal).__name__ == "PreconditionError" and error is InputError:
            raise changed(uri) from None
        why, then, code = _in_words(text, uri.partition("://")[0])
        if doing != "read" and why == NO_OBJECT:
            why, then = "there is no such bucket", "check its name, and the endpoint"
        raise error(
            f"cannot {doing} {named(uri)}: {why}; {then}",
            code=code if issubclass(error, InputError) else CODES.get(error),
        ) from None


def _is_of_store(refusal: Exception) -> bool:
    is_builtin = isinstance(refusal, OSError | ValueError)  # OSError: where a writer is closed
    return is_builtin or type(refusal).__module__.startswith("obstore")


def _in_words(text: str, scheme: str) -> tuple[str, str, str]:
    """Why a store refused, what to do, and the code of the error."""
    scheme = {"abfs": "az", "abfss": "az", "http": "https"}.get(scheme, scheme)
    status = STATUS.search(text)
    number = status[1] if status else ""
    for marks, why, then, code in (
        (NO_BUCKET, "there is no such bucket", "check its name", "input_not_found"),
        (OTHER_REGION, "the bucket is in another region or place", ELSEWHERE, ""),
        ((*NO_KEYS, *NO_KEYS_OF_STORE), "no credentials are set", KEYS[scheme], ""),
        (("kind: Timeout", "TimedOut"), "the store does not answer in time", "try again", ""),
        (
            ("dns error", "kind: Connect"), "no store answers there",
            "check the address, the endpoint in the environment, and the network", "",
        ),
        (("kind: Body", "kind: Decode"), "the connection broke off", "try again", ""),
        (("NotSupportedError",), "the server does not give parts of a file",
         "download the file, and name that", ""),
        (("Could not parse path", "InvalidPath"), "its key has an empty or dotted name in it",
         "rename the object", "input_not_found"),
    ):  # fmt: skip
        if any(mark in text for mark in marks):
            return why, then, code or "input_unreadable"
    if number == "404" or text.startswith("FileNotFoundError"):
        return NO_OBJECT, "check the address", "input_not_found"
    if number in ("401", "403"):
        why = f"the store refuses these credentials ({number} {status[2] if status else ''})"
        return why.replace(" )", ")"), KEYS[scheme], "input_unreadable"
    if number in ("301", "307", "400") and scheme == "s3":
        then = "set AWS_REGION to the region of the bucket, or check AWS_ENDPOINT_URL"
        return f"the store answers {number}", then, "input_unreadable"
    if number:
        return f"the store answers {number}", "try again", "input_unreadable"
    return "the store refuses it", "check the address and the environment", "input_unreadable"
