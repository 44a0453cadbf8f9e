"""Faults that are made: each call of a run fails once, and runs are killed at any instant.

`make faults` does all of it; the tests here do a seeded sample.
"""
