"""The values of a config as a record has them, also of keys that came after its first version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from barwise.config import Config

# Later keys, and what they are where nobody sets them. A record has them only where they are set,
# so that a record from before, which lacks them, has the same parameters.
LATER: Mapping[str, Any] = dict.fromkeys(("signal", "evaluate", "sweep", "gates"))


def of_config(config: Config) -> dict[str, Any]:
    """The values of a config by key."""
    unset = {key for key, usual in LATER.items() if getattr(config, key) == usual}
    return {key: value for key, value in asdict(config).items() if key not in unset}
