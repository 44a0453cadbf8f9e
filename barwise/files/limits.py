"""How large each thing may be that is read whole, or of which there may be many.

A limit is checked before the memory is taken, by what a file says and by what it has. The same
table is in docs/inputs.md.
"""

LARGEST_CONFIG = 1 << 16  # bytes; PyYAML reads about 100 kB/s, so a refusal comes within a second
LARGEST_METRICS = 1 << 25  # bytes; 100,000 symbols of 255 bytes, as many as a run may have
LARGEST_RECORD = 1 << 26  # bytes; the digests of 2 billion bars
LARGEST_CHECKSUM = 1 << 12  # bytes
LARGEST_FOOTER = 1 << 26  # bytes; of Parquet and Arrow, and of any message of Arrow
LARGEST_BATCH = 1 << 22  # rows; a batch of Arrow is decoded whole
LARGEST_BUFFER = 1 << 27  # bytes; of such a batch, unpacked
LONGEST_LINE = 1 << 23  # bytes; of text, so that a file without line ends does not fill the memory
LONGEST_CELL = 1 << 23  # characters; of text, so that a quote that stays open does not
LONGEST_SYMBOL = 255  # bytes
MOST_SYMBOLS = 100_000  # each one has a carry in memory
MOST_MEMBERS = 10_000  # files in a zip, whose directory is read whole
DEEPEST_FOLDER = 200  # folders in folders
