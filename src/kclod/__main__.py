"""`python -m kclod` is the command line."""

from kclod.cli.start import start

start()
