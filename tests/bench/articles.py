"""A project of any size in the shape of the real one: seeded, with the real schema, mappings, shapes and ontology.

Each generated article tells the items of a real one about things of its own: events, instruments, policies and the
like are new for every article; organisations, units and persons come from pools that grow more slowly, so that some
become hubs; places, areas and minerals are shared by all. Years are moved, positions and digests drawn, items left out.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

OWN_KINDS = ("instrument", "event", "series", "policy", "programme", "centre", "party")
POOLED_KINDS = ("organization", "unit", "person")
ARTICLES_A_POOL = 12
"""How many articles share one copy of the organisations, units and persons."""
MOVED_YEARS = 4
LEFT_OUT = 0.1
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SUBJECT = re.compile(r"\S+[:/]([^\s/:]+)\t")
PLAIN = re.compile(r"[A-Za-z][A-Za-z-]*")
RESERVED = ("null", "true", "false", "yes", "no", "on", "off")


def generate(real: Path, target: Path, articles: int, seed: int = 1) -> Path:
    """Write a project with this many generated articles to `target`, which must not be there; gives it back."""
    for folder in ("ontology", "mappings", "shapes"):
        shutil.copytree(real / folder, target / folder)
    shutil.copytree(real / "examples" / "queries", target / "examples" / "queries")
    entities = {path.stem: _read(path) for path in sorted((real / "examples" / "entities").glob("*.yaml"))}
    sources = [_read(path) for path in sorted((real / "examples" / "articles").glob("*.yaml"))]
    drop_expectations(target / "ontology" / "dataset.ttl")
    chance = random.Random(seed)
    pools = -(-articles // ARTICLES_A_POOL)
    folder = target / "examples" / "articles"
    folder.mkdir(parents=True)
    kept = {kind for kind in entities if kind not in (*OWN_KINDS, "person")}
    used: dict[str, list[Any]] = {
        kind: list(file["entities"]) if kind in kept else [] for kind, file in entities.items()
    }
    known = {kind: {one["id"]: one for one in file["entities"]} for kind, file in entities.items()}
    made: set[tuple[str, str]] = set()
    for number in range(articles):
        pool = chance.randrange(pools)
        names = _names(known, f"g{number}", f"p{pool}")
        article = _article(chance.choice(sources), number, names, pool % MOVED_YEARS, chance)
        (folder / f"{article['article']['id']}.yaml").write_text(to_yaml(article), "utf-8")
        for kind, slug, new in _mentioned(article, names):
            if (kind, new) not in made:
                made.add((kind, new))
                used[kind].append(_entity(known[kind][slug], new, names))
    _keep_links(target / "mappings", {one["id"] for entities_of in used.values() for one in entities_of})
    for kind, file in entities.items():
        path = target / "examples" / "entities" / f"{kind}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(to_yaml({**file, "entities": used[kind]}), "utf-8")
    return target


def drop_expectations(dataset: Path) -> None:
    """The least counts of the real articles do not hold for generated ones."""
    text = dataset.read_text("utf-8")
    text = re.sub(r"    pub:expects .*?;\n", "", text, count=1, flags=re.DOTALL)
    dataset.write_text(text, "utf-8")


def _keep_links(folder: Path, slugs: set[str]) -> None:
    """Leave out the links of things that the generated project does not have."""
    for path in folder.glob("*.sssom.tsv"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (subject := SUBJECT.match(line)) is None or subject[1] in slugs]
        path.write_text("".join(kept), "utf-8")


def edit(article: Path, seed: int) -> None:
    """Change one article as a curator would: another confidence, another note, an item less."""
    record = _read(article)
    chance = random.Random(seed)
    item = chance.choice(record["items"])
    item["confidence"] = round(chance.uniform(0.7, 0.99), 2)
    item["note"] = f"Read again ({seed})."
    article.write_text(to_yaml(record), "utf-8")


def _read(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def _names(known: Mapping[str, Mapping[str, Any]], own: str, pool: str) -> dict[str, tuple[str, str]]:
    """Slug of the real entity → its kind and the slug of the generated one."""
    names: dict[str, tuple[str, str]] = {}
    for kind, entities in known.items():
        suffix = own if kind in OWN_KINDS else pool if kind in POOLED_KINDS else None
        if suffix:
            names.update({slug: (kind, f"{slug}-{suffix}") for slug in entities})
    return names


def _article(
    source: Mapping[str, Any], number: int, names: Mapping[str, tuple[str, str]], years: int, chance: random.Random
) -> Any:
    record = deepcopy(dict(source))
    head = record["article"]
    head["id"] = f"{head['id']}-g{number}"
    head["title"] = f"{head['title']} ({number})"
    head["text"]["sha256"] = _digest(chance)
    # only what nothing else refers to may be left out, and no status, which others may rest on
    needed = {name for item in record["items"] for key in ("contradicts", "supports") for name in item.get(key, ())}
    kept = [
        item
        for item in record["items"]
        if item["id"] in needed
        or item["kind"] not in ("statement", "remark", "aim", "name")
        or chance.random() > LEFT_OUT
    ]
    for item in kept:
        for span in item["evidence"]:
            span["start"] = chance.randrange(head["text"]["length"] - 1)
            span["end"] = chance.randrange(span["start"] + 1, head["text"]["length"]) + 1
            span["sha256"] = _digest(chance)
        for key in ("heading", "gist"):
            if key in item:
                item[key] = {tag: f"{text} ({number})" for tag, text in item[key].items()}
    record["items"] = kept
    return _renamed(record, names, years)


def _digest(chance: random.Random) -> str:
    return f"{chance.getrandbits(256):064x}"


_FREE_TEXT = (
    "heading",
    "gist",
    "note",
    "title",
    "aim",
    "written",
    "signature_gap",
    "derived_from",
    "author",
    "address",
)
_NO_NAMES = ("id", "sha256", "file", "kind", "type", "mode", "method", *_FREE_TEXT)


def _renamed(value: Any, names: Mapping[str, tuple[str, str]], years: int, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _renamed(v, names, years, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, names, years, key) for v in value]
    text = value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else None
    if text is None:
        return value
    if key in ("date", "published", "period", "base_period") or text is not value:
        return YEAR.sub(lambda match: str(int(match[0]) - years), text)
    return names[text][1] if key not in _NO_NAMES and text in names else value


def _mentioned(article: Any, names: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """The generated things that an article names, and those that these need, as (kind, real slug, new slug)."""
    new = {made: (kind, slug) for slug, (kind, made) in names.items()}
    texts: list[Any] = [article]
    while texts:
        value = texts.pop()
        if isinstance(value, dict):
            texts.extend(value.values())
        elif isinstance(value, list):
            texts.extend(value)
        elif isinstance(value, str) and value in new:
            yield (*new[value], value)
    # organisations and units need each other: the whole pool is registered; a person needs an article that tells of it
    yield from ((kind, slug, made) for slug, (kind, made) in names.items() if kind in ("organization", "unit"))


def _entity(real: Mapping[str, Any], slug: str, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    suffix = slug.rsplit("-", 1)[1]
    entity = {key: value for key, value in real.items() if key not in ("identifiers", "homepage")}
    entity["id"] = slug
    entity["label"] = {tag: f"{text} [{suffix}]" for tag, text in real["label"].items()}
    if "alt" in real:
        entity["alt"] = {tag: [f"{text} [{suffix}]" for text in texts] for tag, texts in real["alt"].items()}
    for key in ("parent", "unit_of", "original", "resulting", "part_of"):
        if key in entity:
            entity[key] = _renamed(entity[key], names, 0)
    return entity


def to_yaml(value: Any, indent: int = 0) -> str:
    """Block style, as a curator writes it; texts in quotes unless they are plain words."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_scalar(k)}:{_nested(v, indent)}" for k, v in value.items())
    if isinstance(value, list) and value:
        lines = []
        for one in value:
            text = to_yaml(one, indent + 2) if isinstance(one, (dict, list)) and one else f"{pad}  {_scalar(one)}\n"
            lines.append(f"{pad}- {text[indent + 2 :]}")
        return "".join(lines)
    return f"{pad}{_scalar(value)}\n"


def _nested(value: Any, indent: int) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + to_yaml(value, indent + 2)
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value not in RESERVED else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)
