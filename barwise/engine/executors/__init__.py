"""Executors that are named by words, as `--on` has them, and what they need on other machines."""
