"""Bars from text: the strict reader, the fast one that is never different, and what both share."""
