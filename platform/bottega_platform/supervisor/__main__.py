"""``python -m bottega_platform.supervisor``: what `bottega up` starts in the background."""

import sys

from bottega_platform.config.env import load
from bottega_platform.supervisor.daemon import serve

if __name__ == "__main__":
    sys.exit(serve(load()))
