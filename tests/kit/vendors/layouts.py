"""Made-up bars in the layouts in which exchanges, vendors and programs publish them.

A new layout is a new entry in one of the three tables.
"""

from tests.kit.vendors import exchanges, feeds, programs
from tests.kit.vendors.layout import Layout

__all__ = ["LAYOUTS", "Layout"]

LAYOUTS = (*exchanges.LAYOUTS, *feeds.LAYOUTS, *programs.LAYOUTS)
