"""The command `barwise` as a process whose calls are counted from here on."""

import os
import sys

from barwise.commands.main import main

if __name__ == "__main__":
    os.access("/begin-to-count-calls", os.F_OK)  # inject.c looks for it
    sys.exit(main())
