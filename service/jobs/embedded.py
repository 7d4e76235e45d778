"""What the worker child runs: ``python -m service.jobs.embedded --parent PID --slots N``."""

from __future__ import annotations

import argparse
import logging
import os

from celery import Celery

from service import create_app
from service.jobs.worker import die_with_parent
from service.settings import Settings


def main() -> None:
    """Work for the instance of the environment until told to stop or the parent ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--slots", type=int, default=2)
    options = parser.parse_args()
    die_with_parent(options.parent)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = create_app(Settings.from_env(os.environ))
    celery: Celery = app.extensions["celery"]
    with app.app_context():
        celery.worker_main(
            ["worker", "-P", "threads", "-c", str(options.slots), "-l", "WARNING",
             "--without-gossip", "--without-mingle", "--without-heartbeat"]
        )  # fmt: skip


if __name__ == "__main__":
    main()
