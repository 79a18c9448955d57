"""The folder of dumps as an RO-Crate 1.1: what each file is, what the whole is, and which software made it of what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from kclod.described.facts import Facts

_SPECIFICATION = "https://w3id.org/ro/crate/1.1"


def ro_crate(facts: Facts) -> bytes:
    """`ro-crate-metadata.json` (RO-Crate 1.1, sections 4.1 and 5): a flat graph whose root is the folder it is in."""
    site = facts.site
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "identifier": site.dataset_iri,
        "name": facts.text(site.title),
        "description": facts.text(site.description) or facts.text(site.title),
        "datePublished": site.issued,
        "license": {"@id": site.licence} if site.licence else None,
        "publisher": {"@id": "#publisher"},
        "url": site.base_iri,
        "version": facts.version,
        "keywords": ", ".join(word for words in facts.keywords.values() for word in words) or None,
        "inLanguage": list(facts.languages) or None,
        "hasPart": [{"@id": quote(dump.name)} for dump in facts.dumps],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _SPECIFICATION},
        "about": {"@id": "./"},
    }
    publisher = {
        "@id": "#publisher",
        "@type": "Organization",
        "name": facts.text(site.publisher) or facts.text(site.title),
        "url": site.base_iri,
    }
    files = [
        {
            "@id": quote(dump.name),
            "@type": "File",
            "name": dump.name,
            "encodingFormat": dump.media_type,
            "contentSize": str(dump.bytes),
            "sha256": dump.sha256,
        }
        for dump in facts.dumps
    ]
    software = [
        {"@id": f"#software-{quote(name)}", "@type": "SoftwareApplication", "name": name, "version": version}
        for name, version in facts.tools.items()
    ]
    build = {
        "@id": "#build",
        "@type": "CreateAction",
        "name": "Build of the release",
        "instrument": [{"@id": one["@id"]} for one in software],
        "result": {"@id": "./"},
    }
    licence = (
        [{"@id": site.licence, "@type": "CreativeWork", "name": facts.spdx or site.licence}] if site.licence else []
    )
    graph = [
        descriptor,
        {k: v for k, v in root.items() if v is not None},
        publisher,
        *licence,
        build,
        *software,
        *files,
    ]
    crate = {"@context": f"{_SPECIFICATION}/context", "@graph": graph}
    return (json.dumps(crate, ensure_ascii=False, indent=1) + "\n").encode()
