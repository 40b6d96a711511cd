"""``python -m bottega_platform.jobs.scheduler``: reaper, outbox relay and purge; any number may run."""

import argparse
import os

import django


def main() -> None:
    """Run a scheduler until it is told to stop."""
    argparse.ArgumentParser(prog="bottega_platform.jobs.scheduler", description="Reap, relay, purge.").parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bottega_platform.config.settings")
    django.setup()
    from bottega_platform.jobs.chores import Scheduler

    Scheduler().run()


if __name__ == "__main__":
    main()
