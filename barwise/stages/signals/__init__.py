"""Signals: 1 where a close is above its rolling mean, by two arithmetics."""
