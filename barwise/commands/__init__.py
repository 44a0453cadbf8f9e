"""The commands, one file each: words in, the library called, an exit code out.

What a command needs is imported when it is called: 30 of 120 ms in which a signal is heard already.
"""
