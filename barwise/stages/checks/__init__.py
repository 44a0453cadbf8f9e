"""Checks of bars: each a pure step over a batch and what was found before it; and the rules."""
