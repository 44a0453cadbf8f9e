"""`python -m barwise` is the command `barwise`."""

import sys

from barwise.version import refuse_old_python

if __name__ == "__main__":
    refuse_old_python()
    from barwise.commands.main import main

    sys.exit(main())
