"""The sizes of a run: each costs or saves time and memory, and none changes a bit of any result."""

from typing import NamedTuple


class Tuning(NamedTuple):
    """How large the pieces are in which a run does its work; measured, see benchmarks/NOTES.md.

    fast_csv_bytes: with more of CSV polars is faster; its import takes as long as 8 MB strictly.
    csv_rows: of CSV that are parsed at a time where polars is not used.
    csv_bytes: of CSV that polars parses at a time; of 2**20 to 2**24 the fastest.
    head_rows: of a Parquet or Arrow file that are read first, together with those of other files.
    batch_rows: of such a file that are decoded at a time.
    slice_rows: of such a file that are asked for at a time, so that no row group is held whole.
    stream_rows: of small batches of an Arrow stream that are decoded together.
    stream_bytes: of the same.
    symbol_cells: of tables of several symbols that are sorted at a time.
    chunk_bars: that two workers compute while the next are read; more workers take more.
    chunk_batches: of those at most, since of thousands of symbols by turns each may be one bar.
    span_bars: of one series that a worker takes at least.
    thread_bars: a task of fewer is not worth a thread.
    lake_bars: that a lake holds of all its open files.
    task_parts: that a task takes at most, where tasks go to other processes.
    task_bytes: of the same; a larger part is a task by itself.
    """

    fast_csv_bytes: int = 1 << 23
    csv_rows: int = 1 << 10
    csv_bytes: int = 1 << 23
    head_rows: int = 1 << 16
    batch_rows: int = 1 << 18
    slice_rows: int = 1 << 22
    stream_rows: int = 1 << 18
    stream_bytes: int = 1 << 25
    symbol_cells: int = 1 << 22
    chunk_bars: int = 1 << 18
    chunk_batches: int = 1 << 14
    span_bars: int = 1 << 18
    thread_bars: int = 1 << 15
    lake_bars: int = 1 << 20
    task_parts: int = 64
    task_bytes: int = 1 << 25


MEASURED = Tuning()
