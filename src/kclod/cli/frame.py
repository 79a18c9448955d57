"""The group of verbs, what they share, and how errors are printed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from kclod.errors import KclodError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
RELEASES = "releases"

messages = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False, soft_wrap=True)


def variables(option: click.Option, prefix: str | None) -> tuple[str, ...]:
    """The variables of the environment that set an option of the verb with this prefix; the first that is set holds.

    Those that the option names itself, or the prefix and the option as it is written on a command line.
    """
    if option.envvar:
        return (option.envvar,) if isinstance(option.envvar, str) else tuple(option.envvar)
    written = max(option.opts, key=len)
    word = written.lstrip("-").replace("-", "_") if written.startswith("--") else option.name or ""
    return (f"{prefix}_{word.upper()}",)


class Verb(click.Command):
    """A command whose options are set by `variables`; click would name these after the parameters of the function."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what is given on the command line and in the environment."""
        for option in self.params:
            if isinstance(option, click.Option):
                option.envvar = variables(option, ctx.auto_envvar_prefix)
        return super().parse_args(ctx, args)


class Command(click.Group):
    """Prints each problem on a line of its own and exits with the error's code."""

    command_class = Verb
    group_class = type  # groups below are of this class too

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except KclodError as error:
            for problem in error.problems:
                messages.print(f"kclod: {problem}", style="red" if messages.is_terminal else None, markup=False)
            if len(error.problems) > 1:
                messages.print(f"kclod: {len(error.problems)} problems", markup=False)
            ctx.exit(error.exit_code)


_SETTINGS = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "KCLOD"}
"""Every option can be set in the environment: `KCLOD_SERVE_PORT` is `--port` of `kclod serve`; see `kclod config`."""


@click.group(cls=Command, context_settings=_SETTINGS, epilog=(
    "A project is a folder with ontology/, mappings/, shapes/ and examples/. `kclod build` makes a release of it, "
    "`kclod serve` serves it; the other verbs are the stages, usable alone on any files."
))  # fmt: skip
@click.version_option(package_name="kclod", prog_name="kclod")
def main() -> None:
    """Publish linked data: records to a checked RDF graph, a SPARQL endpoint and pages."""


project_option = click.option(
    "--project", "-p", "folder", type=FOLDER, default=".", show_default=True, help="The project's folder."
)
releases_option = click.option(
    "--releases",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where releases are kept.  [default: releases/ in the project]",
)


def note(text: str) -> None:
    """Something worth knowing that refuses nothing."""
    messages.print(f"kclod: note: {text}", markup=False)
