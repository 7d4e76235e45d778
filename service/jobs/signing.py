"""What the signer child runs: ``python -m service.jobs.signing --parent PID``; its key stays with it."""

from __future__ import annotations

import argparse
import logging
import os

from service.audit.signer_client import door_of
from service.audit.signer_server import serve
from service.instance import open_instance
from service.jobs.worker import die_with_parent
from service.settings import instance_path

MODULE = "service.jobs.signing"


def main() -> None:
    """Sign for the instance of the environment until the parent ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args()
    die_with_parent(options.parent)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    signer = open_instance(instance_path(os.environ)).signer
    serve(signer, door_of(signer))


if __name__ == "__main__":
    main()
