"""Makes one dump of a release and keeps it: `python -m kclod.dumps RELEASE NAME`, for the site.

Exit 0: it is there; 1: the data have no such form, or it cannot be kept, which the error stream says; 3: another one is
being made.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kclod.dumps.forms import offered
from kclod.dumps.make import BusyError, keep
from kclod.dumps.waiting import BUSY, FAILED
from kclod.errors import KclodError
from kclod.release import load


def run(folder: Path, name: str) -> int:
    """Make the dump, without getting in the way of who reads the site."""
    os.nice(10)
    release = load(folder)
    try:
        keep(release, offered(release)[name])
    except BusyError:
        return BUSY
    except KclodError as error:
        sys.stderr.write(error.problems[0].message)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2]))
