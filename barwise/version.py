"""The version of barwise, and of the Python that it needs; older Pythons must read this file."""

import sys

__version__ = "0.1.0"
OLDEST_PYTHON = (3, 11)


def refuse_old_python(python: tuple = sys.version_info) -> None:  # type: ignore[type-arg]
    """Ends the process, with error metrics, where its Python is too old for what is imported."""
    if python >= OLDEST_PYTHON:
        return
    needed = f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}"
    message = f"Python {python[0]}.{python[1]} is too old: barwise needs Python {needed} or later"
    print(f'{{\n  "version": "v1",\n  "status": "error",\n  "error_message": "{message}"\n}}')
    sys.exit(f"error: {message}")
