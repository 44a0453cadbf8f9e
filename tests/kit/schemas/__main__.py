"""Writes the files of docs/schemas/ again: `make schemas`."""

from __future__ import annotations

from tests.kit.schemas.files import FOLDER, texts

for name, text in texts().items():
    (FOLDER / name).write_text(text)
