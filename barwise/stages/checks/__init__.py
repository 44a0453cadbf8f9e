"""Checks of bars: measures of what is wrong with them, how those are judged, and named rules."""
