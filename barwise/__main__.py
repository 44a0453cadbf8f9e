"""`python -m barwise` is the command `barwise`."""

import sys

from barwise.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
