"""Bars from typed columns: Parquet, Arrow files and streams."""
