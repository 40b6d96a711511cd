"""``python -m bottega_platform.embedded.foreground spark``: one service in place of this process.

What `bottega up` runs as its child, a container runs as its only process: same program, same settings.
"""

import argparse
import os

from bottega_platform.config.env import current
from bottega_platform.embedded.mlflow import Mlflow
from bottega_platform.embedded.run import Service
from bottega_platform.embedded.spark import Spark


def main() -> None:
    """Become the service that the command line names."""
    parser = argparse.ArgumentParser(prog="bottega_platform.embedded.foreground", description="Run one service.")
    parser.add_argument("service", choices=["mlflow", "spark"])
    service = _service(parser.parse_args().service)
    service.prepare()
    program = service.program()
    os.chdir(program.cwd or ".")
    os.execve(program.argv[0], list(program.argv), dict(program.env))  # noqa: S606 - no shell is wanted


def _service(name: str) -> Service:
    env = current()
    return Mlflow(env) if name == "mlflow" else Spark(env)


if __name__ == "__main__":
    main()
