"""Maps by which nginx chooses a representation, a profile, a language, and the file that has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kclod.site_files.places import ACCEPT, LANG, PROFILE, SELECTED, SELECTING
from kclod.site_files.rules import accept, known
from kclod.site_files.rules.accept import NONE, SETS, Named
from kclod.site_files.rules.nginx.text import largest, map_of, weighed
from kclod.web.interface import LANGUAGES


def choices() -> Iterator[str]:
    """What is chosen by Accept and Accept-Profile, for every set of offers."""
    seen: set[str] = set()
    for name, offers in SETS.items():
        for offer in offers:
            if offer.key not in seen:
                seen.add(offer.key)
                yield from weighed("$http_accept", f"q_{offer.key}", offer.patterns())
        yield from largest(name, _all(offers))
    yield from _of_things()


def _of_things() -> Iterator[str]:
    """The format of a thing's document, where a profile may be asked for: then only formats that have it count."""
    offers = SETS["hr"]
    for token, iri in known.IRIS.items():
        yield from weighed("$http_accept_profile", f"q_profile_{token}", accept.profile_patterns(iri), absent="0000")
    yield from largest("wished_profile", " ".join(f"{t}=$kclod_q_profile_{t}" for t in known.TOKENS))
    yield from map_of('"$arg__profile|$http_accept_profile"', "profile", [
        f'default {NONE};', '"|" "";',
        *(f'"~^(?:{token}|(?i){"".join(_loose(iri))})\\|" {token};' for token, iri in known.IRIS.items()),
        r'"~^\|." $kclod_choice_wished_profile;',
    ])  # fmt: skip
    able = {
        token: [o for o in offers if o.name != "html" and token in known.POSSIBLE[o.name]] for token in known.TOKENS
    }
    yield from map_of("$kclod_profile", "able", [
        'default "";', f'"" "{_all(offers)}";', *(f'{token} "{_all(found)}";' for token, found in able.items()),
    ])  # fmt: skip
    yield from largest("thing", "$kclod_able")
    kept = [f'"~^{name}/{token}$" "";' for name in known.FORMATS for token in known.POSSIBLE[name][:1]]
    yield from map_of('"$kclod_choice_thing/$kclod_profile"', "profile_argument", [
        'default "?_profile=$kclod_profile";', '"~/$" "";', *kept,
    ])  # fmt: skip
    yield from map_of("$arg_lang", "lang_argument", ['default "?lang=$arg_lang";', '"" "";'])
    yield from map_of("$kclod_choice_thing", "see", [
        'default "$kclod_prefix/data/$kclod_raw.$kclod_choice_thing$kclod_profile_argument";',
        'html "$kclod_prefix/page/$kclod_raw$kclod_lang_argument";',
    ])  # fmt: skip
    yield from map_of('"$arg_format|$arg__profile"', "choice_describe", [
        "default none;", '"|" $kclod_choice_thing;', '"html|" html;', *(f'"{name}|" {name};' for name in known.FORMATS),
    ])  # fmt: skip
    yield from map_of("$arg_format", "choice_cite", ["default none;", '"" txt;', "bib bib;", "csl csl;", "txt txt;"])
    yield from map_of("$kclod_choice_p", "choice_error", ["default json;", "html html;"])
    # of a data document: the profile that is not the default of its format, if it has it
    given = (
        f'"{name}/{token}" {token if place else "default"};'
        for name, tokens in known.POSSIBLE.items()
        for place, token in enumerate(tokens)
    )
    yield from map_of(
        '"$kclod_extension/$kclod_profile_of_data"', "choice_data", [f"default {NONE};", '"~/$" default;', *given]
    )
    for name in known.FORMATS:
        wish = " ".join(f"{t}=$kclod_q_profile_{t}" for t in known.POSSIBLE[name])
        yield from largest(f"profile_{name}", wish)
    yield from map_of("$kclod_extension", "profile_by_field", [
        f"default {NONE};", *(f"{name} $kclod_choice_profile_{name};" for name in known.FORMATS),
    ])  # fmt: skip
    yield from map_of('"$arg__profile|$http_accept_profile"', "profile_of_data", [
        "default $kclod_profile;", r'"~^\|." $kclod_profile_by_field;',
    ])  # fmt: skip


def _loose(iri: str) -> Iterator[str]:
    """An IRI as a pattern that finds it escaped or not."""
    for c in iri:
        yield c if c.isalnum() else rf"(?:\{c}|%{ord(c):02x})"


def _all(offers: Iterable[Named]) -> str:
    return " ".join(f"{offer.name}=$kclod_q_{offer.key}" for offer in offers)


def variants() -> Iterator[str]:
    """What is chosen by language, and the file that follows from all that."""
    default, *others = LANGUAGES
    for tag in LANGUAGES:
        yield from weighed("$http_accept_language", f"q_lang_{tag}", accept.language_patterns(tag), absent="0000")
    yield from largest("language", " ".join(f"{tag}=$kclod_q_lang_{tag}" for tag in LANGUAGES))
    yield from map_of("$arg_lang", "lang", ['default "";', *(f"{tag} {tag};" for tag in LANGUAGES)])
    yield from map_of('"$kclod_lang|$kclod_choice_language"', "language", [
        f"default {default};", *(rf'"~^{tag}\|" {tag};' for tag in LANGUAGES),
        *(rf'"~^\|{tag}$" {tag};' for tag in others),
    ])  # fmt: skip
    yield from map_of("$kclod_language", "accepted", ['default "";', *(f'{tag} "/{ACCEPT}/{tag}";' for tag in others)])
    yield from map_of(
        "$kclod_lang", "folder", ["default $kclod_accepted;", *(f'{tag} "/{LANG}/{tag}";' for tag in LANGUAGES)]
    )
    for name in SELECTING:
        more = ['1 "";'] if name == "page" else []
        yield from map_of(f"$arg_{name}", f"s_{name}", [f'default "/{name}=$arg_{name}";', '"" "";', *more])
    parts = "".join(f"$kclod_s_{name}" for name in SELECTING)
    yield from map_of(f'"{parts}"', "selected", ['default "";', f'"~." "/{SELECTED}";'])
    yield from map_of(f'"{parts}"', "stem", [
        f'default "$kclod_selected$kclod_name{parts}";',
    ])  # fmt: skip
    yield from map_of('"$kclod_selected|$kclod_choice_data"', "data_file", [
        f'default "/{PROFILE}/$kclod_choice_data$kclod_at";',
        '"|default" $kclod_at;', '"~^/" "$kclod_stem.$kclod_extension";',
    ])  # fmt: skip
