"""The commands, one file each: words in, the library called, an exit code out.

A command imports what it needs when it is called, so that signals are handled 30 ms earlier.
"""
