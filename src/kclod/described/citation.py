"""How to cite the dataset: CITATION.cff (Citation File Format 1.2.0), and DataCite JSON (schema 4.5) for repositories.

No DOI is stated, as it is the repository that gives one; who publishes the dataset is its creator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kclod.described.facts import Facts

_SCHEMA = "http://datacite.org/schema/kernel-4"


def citation_cff(facts: Facts) -> bytes:
    """The citation as YAML, of which JSON is a part: strings are written as JSON writes them."""
    site = facts.site
    found: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "To cite this dataset, use these metadata.",
        "type": "dataset",
        "title": facts.text(site.title),
        "authors": [{"name": facts.text(site.publisher) or facts.text(site.title)}],
        "version": facts.version,
        "url": site.base_iri,
        "identifiers": [{"type": "url", "value": site.dataset_iri, "description": "The dataset in all versions"}],
        "repository-artifact": facts.folder,
    }
    if site.description:
        found["abstract"] = facts.text(site.description)
    if site.issued:
        found["date-released"] = site.issued[:10]
    if facts.keywords:
        found["keywords"] = list(dict.fromkeys(word for words in facts.keywords.values() for word in words))
    if facts.spdx:
        found["license"] = facts.spdx
    elif site.licence:
        found["license-url"] = site.licence
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in found.items()).encode()


def datacite(facts: Facts) -> bytes:
    """The metadata as DataCite JSON."""
    site = facts.site
    publisher = facts.text(site.publisher) or facts.text(site.title)
    found: dict[str, object] = {
        "schemaVersion": _SCHEMA,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Linked Data"},
        "creators": [{"name": publisher, "nameType": "Organizational"}],
        "titles": _texts("title", site.title, "TranslatedTitle"),
        "publisher": {"name": publisher},
        "version": facts.version,
        "descriptions": [{"descriptionType": "Abstract", **text} for text in _texts("description", site.description)],
        "subjects": [
            {"subject": word, **({"lang": language} if language else {})}
            for language, words in facts.keywords.items()
            for word in words
        ],
        "formats": sorted({dump.media_type for dump in facts.dumps}),
        "sizes": [f"{facts.quads} quads", f"{facts.triples} triples in the default graph"],
        "alternateIdentifiers": [{"alternateIdentifier": site.dataset_iri, "alternateIdentifierType": "URL"}],
        "rightsList": [_licence(facts)] if site.licence else [],
        "relatedIdentifiers": [
            {
                "relatedIdentifier": f"{site.base_iri}releases/{version}/",
                "relatedIdentifierType": "URL",
                "relationType": "IsNewVersionOf",
            }
            for version in facts.earlier[-1:]
        ],
    }
    if facts.languages:
        found["language"] = "en" if "en" in facts.languages else facts.languages[0]
    if site.issued:
        found["publicationYear"] = site.issued[:4]
        found["dates"] = [{"date": site.issued, "dateType": "Issued"}]
    return (json.dumps({k: v for k, v in found.items() if v}, ensure_ascii=False, indent=1) + "\n").encode()


def _licence(facts: Facts) -> dict[str, str]:
    about = {"rightsUri": facts.site.licence or ""}
    if facts.spdx:
        about |= {"rights": facts.spdx, "rightsIdentifier": facts.spdx, "rightsIdentifierScheme": "SPDX"}
    return about


def _texts(key: str, texts: Mapping[str, str], other: str | None = None) -> list[dict[str, str]]:
    """English first, which is what repositories show; the others as translations, if that has a name."""
    ordered = sorted(texts.items(), key=lambda item: (item[0] not in ("en", ""), item[0]))
    return [
        {key: text, **({"lang": language} if language else {}), **({f"{key}Type": other} if other and number else {})}
        for number, (language, text) in enumerate(ordered)
    ]
