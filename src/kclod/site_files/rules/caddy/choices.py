"""What Caddy chooses of the representations, languages and profiles that there are."""

from __future__ import annotations

from kclod.site_files.places import ACCEPT, LANG, PROFILE, SELECTED, SELECTING
from kclod.site_files.rules import accept, known
from kclod.site_files.rules.accept import NONE, SETS
from kclod.site_files.rules.caddy.text import Rules, literal, var
from kclod.site_files.rules.known import Known
from kclod.web.interface import LANGUAGES

_EMPTY = "''"


def parameters(rules: Rules) -> None:
    """Parameters as they are spelled."""
    for name in (*SELECTING, "lang", "_profile", "format"):
        rules.map("{http.request.uri.query}", f"arg_{name}", [(f"~(?:^|&){name}=([^&]*)", "${1}")])


def weights(rules: Rules) -> None:
    """The weights of all that can be asked for."""
    seen: set[str] = set()
    for offer in (offer for offers in SETS.values() for offer in offers):
        if offer.key not in seen:
            seen.add(offer.key)
            rules.weighed("Accept", f"q_{offer.key}", offer.patterns())
    for tag in LANGUAGES:
        rules.weighed("Accept-Language", f"q_lang_{tag}", accept.language_patterns(tag), "0000")
    for token, iri in known.IRIS.items():
        rules.weighed("Accept-Profile", f"q_profile_{token}", accept.profile_patterns(iri), "0000")


def offers_of(kind: str) -> dict[str, str]:
    """Names of offers with the variables of their weights."""
    return {offer.name: f"q_{offer.key}" for offer in SETS[kind]}


def languages(rules: Rules) -> None:
    """The language, and the folders in which pages in it are looked for."""
    default = LANGUAGES[0]
    rules.largest("language", {tag: f"q_lang_{tag}" for tag in LANGUAGES}, NONE)
    rules.set("language", default, f"{var('language')} == {literal(NONE)}")
    for tag in LANGUAGES:
        rules.set("language", tag, f"{var('arg_lang')} == {literal(tag)}")
    rules.set("accepted", f"/{ACCEPT}/{var('language')}")
    rules.set("chosen", var("accepted"))
    for tag in LANGUAGES:
        rules.set("chosen", f"/{LANG}/{tag}", f"{var('arg_lang')} == {literal(tag)}")


def profiles(rules: Rules) -> None:
    """The profile that is asked for: `none` where it is not known, nothing where none is."""
    rules.set("profile", "")
    asked = f"{var('arg__profile')} != {_EMPTY}"
    rules.set("profile", NONE, asked)
    for token, iri in known.IRIS.items():
        loose = "".join(c if c.isalnum() else rf"(?:\{c}|%{ord(c):02x})" for c in iri)
        rules.map(var("arg__profile"), f"is_{token}", [(f"~^(?:{token}|(?i){loose})$", "yes")])
        rules.set("profile", token, f"{var(f'is_{token}')} == 'yes'")
    rules.set("by_field", "")
    rules.set("by_field", "yes", f"{var('arg__profile')} == {_EMPTY}", "{http.request.header.Accept-Profile} != ''")


def wished_profile(rules: Rules, tokens: tuple[str, ...]) -> None:
    """The profile by Accept-Profile, of some."""
    wishes = {token: f"q_profile_{token}" for token in tokens}
    rules.largest("wished", wishes, NONE, f"{var('by_field')} == 'yes'")
    rules.set("profile", var("wished"), f"{var('by_field')} == 'yes'")


def thing(rules: Rules, site: Known) -> None:
    """Where a thing's document is, by format and profile."""
    wished_profile(rules, known.TOKENS)
    rules.largest("choice", offers_of("hr"), NONE, f"{var('profile')} == {_EMPTY}")
    rules.set("choice", NONE, f"{var('profile')} == {literal(NONE)}")
    rules.set("more", "")
    for token in known.TOKENS:
        able = {o.name: f"q_{o.key}" for o in SETS["r"] if token in known.POSSIBLE[o.name]}
        this = f"{var('profile')} == {literal(token)}"
        rules.largest("choice", able, NONE, this)
        for name, tokens in known.POSSIBLE.items():
            if token in tokens[1:]:
                rules.set("more", f"?_profile={token}", this, f"{var('choice')} == {literal(name)}")
    page = f"{var('choice')} == 'html'"
    rules.set("more", f"?lang={var('arg_lang')}", page, f"{var('arg_lang')} != {_EMPTY}")
    rules.set("see", f"{site.prefix}/data/{var('raw')}.{var('choice')}{var('more')}")
    rules.set("see", f"{site.prefix}/page/{var('raw')}{var('more')}", page)


def data(rules: Rules) -> None:
    """The file of a data document by profile; `none` where the format cannot have it."""
    rules.set("choice", NONE)
    for name, tokens in known.POSSIBLE.items():
        this = f"{var('extension')} == {literal(name)}"
        inside = rules.inner()
        wished_profile(inside, tokens)
        for place, token in enumerate(tokens):
            inside.set("choice", token if place else "default", f"{var('profile')} == {literal(token)}")
        inside.set("choice", "default", f"{var('profile')} == {_EMPTY}")
        for place, token in enumerate(tokens):
            inside.do(
                "header",
                f"{var('choice')} == {literal(token if place else 'default')}",
                rest=f"Content-Profile <{known.IRIS[token]}>",
            )
        rules.route(inside, this)
    rules.set("file", f"/{PROFILE}/{var('choice')}{var('at')}")
    rules.set("file", var("at"), f"{var('choice')} == 'default'")
    rules.set("file", f"{var('stem')}.{var('extension')}", f"{var('selected')} != {_EMPTY}")


def stem(rules: Rules) -> None:
    """The file's name without its ending."""
    rules.set("selected", "")
    for name in SELECTING:
        value = var(f"arg_{name}")
        not_first = [f"{value} != '1'"] if name == "page" else []
        rules.set("selected", f"{var('selected')}/{name}={value}", f"{value} != {_EMPTY}", *not_first)
    rules.set("stem", f"{var('name')}")
    rules.set("stem", f"/{SELECTED}{var('name')}{var('selected')}", f"{var('selected')} != {_EMPTY}")
