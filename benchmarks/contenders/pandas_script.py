"""The job as a pandas script does it: what users run today, and what barwise is compared with."""

import argparse
import json
import logging
import sys
import time

import numpy as np
import pandas as pd
import yaml


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--input", "--config", "--output", "--log-file"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    started = time.perf_counter()
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s - %(levelname)s - %(message)s",
        handlers=[logging.FileHandler(arguments.log_file), logging.StreamHandler(sys.stdout)],
    )
    logging.info("Job started")
    with open(arguments.config) as file:
        config = yaml.safe_load(file)
    np.random.seed(config["seed"])
    logging.info("Config loaded: %s", config)
    bars = pd.read_csv(arguments.input)
    logging.info("Data loaded: %d rows", len(bars))
    mean = bars["close"].rolling(window=config["window"]).mean()
    signals = (bars["close"] > mean).astype(int)
    logging.info("Signals generated")
    metrics = {
        "version": config["version"],
        "rows_processed": len(bars),
        "metric": "signal_rate",
        "value": round(float(signals.mean()), 4),
        "latency_ms": round((time.perf_counter() - started) * 1000),
        "seed": config["seed"],
        "status": "success",
    }
    with open(arguments.output, "w") as file:
        json.dump(metrics, file, indent=2)
    logging.info("Job completed")
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
