"""The verb config: every setting of every verb, its default, and what it is at the moment."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from kclod import cli
from kclod.cli.frame import main, note, output, variables
from kclod.errors import Problem, UsageError
from kclod.remote.asking import PASSWORD, TOKEN, USER

_DEFAULT = re.compile(r"\[default: ([^\]]*)\]")
_HIDDEN = "(set)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of a verb; `variable` is that of the environment, the first one where there are several.

    `value` is the present one and `source` the variable that it comes from, `default` where none is set. What is given
    on a command line comes before both. A password is never shown.
    """

    verb: str
    variable: str
    flag: str
    default: str
    help: str
    value: str
    source: str


@main.command()
@click.argument("verbs", nargs=-1, metavar="[VERB]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config(*, verbs: tuple[str, ...], as_json: bool) -> None:
    """List the settings of VERBs, by default of all: variable, flag, default, present value and where it comes from.

    Each option can be set in the environment, such as KCLOD_SERVE_PORT for `kclod serve --port`; an option that may be
    repeated takes its values there separated by spaces.
    """
    known = list(settings())
    if unknown := [verb for verb in verbs if not any(s.verb.split()[0] == verb for s in known)]:
        raise UsageError(Problem("config.verb", f"there are no settings of {unknown[0]!r}", "see kclod --help"))
    chosen = [s for s in known if not verbs or s.verb.split()[0] in verbs]
    for name in sorted(os.environ.keys() - {name for s in known for name in (s.variable, s.source)}):
        if verb := next(
            (s.verb for s in chosen if name.startswith(f"KCLOD_{s.verb.upper().replace(' ', '_')}_")), None
        ):
            note(f"{name} is set, and is no setting of kclod {verb}")
    if as_json:
        sys.stdout.write(json.dumps([asdict(s) for s in chosen], ensure_ascii=False, indent=1) + "\n")
        return
    widths = [max(len(getattr(s, name)) for s in chosen) for name in ("variable", "flag", "default")]
    for s in chosen:
        cells = (s.variable.ljust(widths[0]), s.flag.ljust(widths[1]), s.default.ljust(widths[2]))
        output.print("  ".join((*cells, f"= {s.value or '–'} ({s.source})")), markup=False)


def settings() -> Iterator[Setting]:
    """All settings, by verb and in the order of its help."""
    group = cli.main
    top = click.Context(group, info_name="kclod", **group.context_settings)
    yield from _of(group, top)
    for name, meaning in (
        (USER, "Who writes into the SPARQL server."),
        (PASSWORD, "The password of who writes."),
        (TOKEN, "A bearer token instead of both."),
    ):
        given = os.environ.get(name)
        shown = _HIDDEN if given and name != USER else given or ""
        yield Setting("publish", name, "", "", meaning, shown, name if given else "default")


def _of(command: click.Command, context: click.Context) -> Iterator[Setting]:
    if isinstance(command, click.Group):
        for name, one in sorted(command.commands.items()):
            yield from _of(one, click.Context(one, context, name, **one.context_settings))
        return
    for option in command.params:
        if not isinstance(option, click.Option) or option.name == "help":
            continue
        names = variables(option, context.auto_envvar_prefix)
        found = next((name for name in names if os.environ.get(name)), None)
        default = _default(option)
        yield Setting(
            context.command_path.removeprefix("kclod "),
            names[0],
            max(option.opts, key=len),
            default,
            _DEFAULT.sub("", option.help or "").strip(),
            os.environ[found] if found else default,
            found or "default",
        )


def _default(option: click.Option) -> str:
    """As the help says it: what depends on the machine is told in words there."""
    told = _DEFAULT.search(option.help or "")
    if told:
        return told[1]
    value = option.default
    if option.is_flag:
        return "on" if value is True else "off"
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
