"""The command line: parse, call, print, exit.

Exit codes: 0 good; 1 the data were refused; 2 the call could not be carried out or a check could not be decided.
`main` is the group with all verbs. The program itself begins at `kclod.cli.start`, which imports one verb's module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kclod.cli.frame import Command

    main: Command

__all__ = ["main"]

MODULES = {
    "kclod.cli.checking": ("check",),
    "kclod.cli.exporting": ("export",),
    "kclod.cli.linking": ("link",),
    "kclod.cli.mapping": ("map",),
    "kclod.cli.publishing": ("build", "serve", "evidence", "explain", "records", "schema"),
    "kclod.cli.querying": ("query",),
    "kclod.cli.difference": ("diff",),
    "kclod.cli.releases": ("verify", "releases", "rollback"),
    "kclod.cli.remote": ("publish",),
    "kclod.cli.settings": ("config",),
    "kclod.cli.stages": ("reason", "validate"),
}
"""The verbs of each module."""


def __getattr__(name: str) -> object:
    if name != "main":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in MODULES:
        import_module(module)
    return import_module("kclod.cli.frame").main
