"""``python -m bottega_platform.jobs.worker --queue cpu --slots 2``: run jobs of one queue."""

import argparse
import os

import django


def main() -> None:
    """Run a worker until it is told to stop."""
    parser = argparse.ArgumentParser(prog="bottega_platform.jobs.worker", description="Run jobs of one queue.")
    parser.add_argument("--queue", required=True, help="which queue to serve: cpu, spark, control, gpu")
    parser.add_argument("--slots", type=int, default=1, help="how many jobs may run at once")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bottega_platform.config.settings")
    django.setup()
    from bottega_platform.jobs.work import Worker

    Worker(arguments.queue, arguments.slots).run()


if __name__ == "__main__":
    main()
