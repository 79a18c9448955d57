"""Where the program begins: only what the verb needs is imported, for the whole takes a second that no verb needs."""

from __future__ import annotations

import sys
from importlib import import_module

from kclod import cli
from kclod.cli import MODULES


def start() -> None:
    """Run the command line. When the verb is not the first argument, as for --help, all verbs are there."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    module = next((name for name, verbs in MODULES.items() if verb in verbs), None)
    if module is None:
        cli.main()
    else:
        import_module(module)
        import_module("kclod.cli.frame").main()
