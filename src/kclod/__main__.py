"""`python -m kclod`."""

from kclod.cli import main

main()
