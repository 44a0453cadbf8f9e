"""`python -m barwise` is the command `barwise`."""

import sys

from barwise.cli import main

if __name__ == "__main__":
    sys.exit(main())
