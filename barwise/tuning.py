"""The sizes of a run: each costs or saves time and memory, and none changes a bit of any result."""

from typing import NamedTuple


class Tuning(NamedTuple):
    """How large the pieces are in which a run does its work; measured, see benchmarks/NOTES.md.

    csv_rows: of CSV that the strict reader parses at a time.
    csv_bytes: of CSV that the kernel scans at a time.
    batch_rows: of a Parquet or Arrow file that are decoded, or computed, at a time.
    span_cells: of row groups of a Parquet file that a thread reads at a time; twice as many of one
        row group are read a column a thread.
    joined_bytes: of small batches of Arrow that are taken together, up to `batch_rows`.
    symbol_cells: of tables of several symbols that are sorted at a time.
    chunk_bars: that two workers compute while the next are read; more workers take more.
    chunk_batches: of those at most, since of thousands of symbols by turns each may be one bar.
    edge_bars: up to which the bars at the edges of pieces are computed again, where threads compute
        what they read.
    span_bars: of one series that a worker takes at least.
    thread_bars: a task of fewer is not worth a thread.
    lake_bars: that a lake holds of all its open files.
    task_parts: that a task takes at most, where tasks go to other processes.
    task_rows: of the same, at which a task is full: 0.2 s of work, for 3 ms that a task costs.
    """

    csv_rows: int = 1 << 10
    csv_bytes: int = 1 << 22
    batch_rows: int = 1 << 17
    span_cells: int = 1 << 21
    joined_bytes: int = 1 << 25
    symbol_cells: int = 1 << 22
    chunk_bars: int = 1 << 18
    chunk_batches: int = 1 << 14
    edge_bars: int = 1 << 11
    span_bars: int = 1 << 18
    thread_bars: int = 1 << 15
    lake_bars: int = 1 << 20
    task_parts: int = 256
    task_rows: int = 1 << 23


MEASURED = Tuning()
