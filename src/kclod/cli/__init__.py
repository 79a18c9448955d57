"""The command line: parse, call, print, exit.

Exit codes: 0 good; 1 the data were refused; 2 the call could not be carried out or a check could not be decided.
"""

from kclod.cli import publishing, querying, stages
from kclod.cli.frame import main

__all__ = ["main", "publishing", "querying", "stages"]
