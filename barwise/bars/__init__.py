"""What flows: bars of one series, tables of rows, times, and the names of their columns.

Values alone: nothing here opens a file or knows where bars come from.
"""
