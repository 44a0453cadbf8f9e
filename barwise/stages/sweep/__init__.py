"""Many windows in one pass: counts, returns and equity of each, as exact sums, which merge.

How much of the best of them is luck is told by those sums too. A signal is long or flat, and
decided in exact decimal arithmetic.
"""
