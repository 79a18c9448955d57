"""What holds of the tree as a whole."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from kclod.cli import main

ROOT = Path(__file__).parent.parent
DOMAIN = re.compile(
    r"\b(korea\w*|canad\w*|agreements?|memorand\w+|batter(y|ies)|institut\w+|minerals?|lithium|workshops?|ministr\w+|mou)\b",
    re.IGNORECASE,
)


def tracked(*folders: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_the_engine_has_no_word_of_the_domain() -> None:
    texts = [
        path
        for path in tracked("src/kclod")
        if path.suffix in {".py", ".html", ".css", ".js", ".mjs", ".json", ".po", ".pot", ".ttl", ".xml", ".txt"}
    ]
    assert len(texts) > 30
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if DOMAIN.search(line.replace("w3id.org/kclod", ""))
    ]
    assert found == []


def test_the_content_has_no_code() -> None:
    files = tracked("ontology", "mappings", "shapes", "examples")
    assert files
    assert {path.suffix for path in files} <= {".ttl", ".yaml", ".tsv", ".rq"}


def test_no_bags_and_no_generated_files() -> None:
    names = {part for path in tracked("src", "tests") for part in path.relative_to(ROOT).parts}
    assert not names & {"utils.py", "helpers.py", "services.py", "utils", "helpers", "services", "__pycache__", "dist"}


def commands(group: click.Group) -> list[click.Command]:
    return list(group.commands.values())


@pytest.mark.parametrize("command", commands(main), ids=lambda command: command.name or "")
def test_every_verb_and_option_says_what_it_does(command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command.name} {parameter.opts}"
    assert f"`kclod {command.name}`" in (ROOT / "README.md").read_text("utf-8")
