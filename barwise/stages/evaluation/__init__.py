"""Is a signal any good: its returns as exact sums, which merge, and figures and intervals of them.

A signal is long or flat. Every figure is computed of integers, by decimal arithmetic.
"""
