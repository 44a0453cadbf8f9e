"""The job's entry point: `python run.py --input ... --config ... --output ... --log-file ...`."""

import sys

from barwise.version import refuse_old_python

if __name__ == "__main__":
    refuse_old_python()
    from barwise.commands.main import run_job

    sys.exit(run_job())
