"""`kclod config`: every option has a variable, what it says is what the verbs do, and docs/config.md has them all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kclod.cli import main
from kclod.cli.settings import Setting, settings

DOCS = Path(__file__).parents[1] / "docs" / "config.md"
WRITE = bool(os.environ.get("KCLOD_WRITE_DOCS"))
START, END = "<!-- table -->\n", "<!-- end -->"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(n for n in os.environ if n.startswith("KCLOD_")), "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)


def options(command: click.Command, path: str) -> set[tuple[str, str]]:
    if isinstance(command, click.Group):
        return {pair for name, one in command.commands.items() for pair in options(one, f"{path} {name}".strip())}
    return {(path, max(p.opts, key=len)) for p in command.params if isinstance(p, click.Option)}


def test_all_are_listed_under_names_of_their_own() -> None:
    found = list(settings())
    assert {(s.verb, s.flag) for s in found if s.flag} == options(main, "")
    names = [s.variable for s in found]
    assert len(names) == len(set(names))
    for s in found:
        if s.flag.startswith("--"):
            assert s.variable == f"KCLOD_{s.verb} {s.flag[2:]}".upper().replace(" ", "_").replace("-", "_")


def contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """A context for each verb, as it is when the verb is called with nothing."""
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from contexts(one, one.make_context(name, [], context, resilient_parsing=True))
    else:
        yield context


def test_the_variables_are_those_that_the_verbs_read(monkeypatch: pytest.MonkeyPatch) -> None:
    top = click.Context(main, info_name="kclod", **main.context_settings)
    said = {(s.verb, s.flag): s.variable for s in settings()}
    for context in contexts(main, top):
        verb = context.command_path.removeprefix("kclod ")
        for option in context.command.params:
            if isinstance(option, click.Option):
                variable = said[verb, max(option.opts, key=len)]
                assert option.resolve_envvar_value(context) is None
                monkeypatch.setenv(variable, "set")
                assert option.resolve_envvar_value(context) == "set", variable
                monkeypatch.delenv(variable)


def row(s: Setting) -> str:
    cells = (f"`{s.variable}`", f"`{s.flag}`" if s.flag else "", s.default, s.help.replace("|", "\\|"))
    return f"| {' | '.join(cells)} |"


def test_the_documentation_has_every_setting() -> None:
    lines, verb = [], None
    for s in settings():
        if s.verb != verb:
            verb = s.verb
            lines += ["", f"### kclod {verb}", "", "| variable | flag | default | meaning |", "|---|---|---|---|"]
        lines.append(row(s))
    table = "\n".join(lines[1:]) + "\n"
    text = DOCS.read_text("utf-8")
    before, rest = text.split(START)
    if WRITE:
        DOCS.write_text(before + START + table + END + rest.split(END)[1], "utf-8")
    assert DOCS.read_text("utf-8").split(START)[1].split(END)[0] == table


def listed(verb: str, **environment: str) -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(main, ["config", verb, "--json"], env=environment)
    assert result.exit_code == 0, result.output
    return {s["flag"] or s["variable"]: s for s in json.loads(result.stdout)}


def test_values_and_where_they_come_from() -> None:
    found = listed("serve", PORT="81", HOST="0.0.0.0", KCLOD_SERVE_HOST="::1", KCLOD_SERVE_DEADLINE="2")
    assert (found["--port"]["value"], found["--port"]["source"]) == ("81", "PORT")
    assert (found["--host"]["value"], found["--host"]["source"]) == ("::1", "KCLOD_SERVE_HOST")
    assert (found["--deadline"]["value"], found["--deadline"]["source"]) == ("2", "KCLOD_SERVE_DEADLINE")
    assert (found["--memory"]["value"], found["--memory"]["source"]) == ("1024", "default")
    secret = listed("publish", KCLOD_STORE_PASSWORD="open sesame")["KCLOD_STORE_PASSWORD"]
    assert (secret["value"], secret["source"]) == ("(set)", "KCLOD_STORE_PASSWORD")
    text = CliRunner().invoke(main, ["config", "serve"], env={"KCLOD_SERVE_DEADLINE": "2"}).stdout
    assert "= 2 (KCLOD_SERVE_DEADLINE)" in text
    assert CliRunner().invoke(main, ["config", "fly"]).exit_code == 2
    mistaken = CliRunner().invoke(main, ["config", "serve"], env={"KCLOD_SERVE_PROXY": "::1", "KCLOD_SERVE_PORT": "81"})
    assert mistaken.stderr == "kclod: note: KCLOD_SERVE_PROXY is set, and is no setting of kclod serve\n"


def test_what_is_set_holds_and_a_flag_comes_before_it() -> None:
    wrong = CliRunner().invoke(main, ["export", "dumps"], env={"KCLOD_EXPORT_DUMPS_JOBS": "none"})
    assert wrong.exit_code == 2
    assert "--jobs" in wrong.output
    wrong = CliRunner().invoke(main, ["serve"], env={"KCLOD_SERVE_PORT": "none"})
    assert wrong.exit_code == 2
    assert "--port" in wrong.output
    flagged = CliRunner().invoke(main, ["serve", "--port", "0"], env={"KCLOD_SERVE_PORT": "none"})
    assert "'0'" in flagged.output or "0 is not in the range" in flagged.output
