"""The job's entry point: `python run.py --input ... --config ... --output ... --log-file ...`."""

import sys

from barwise.commands.main import run_job

if __name__ == "__main__":
    sys.exit(run_job())
