"""The service manifest (section 3.1): what the service offers, and where."""

from __future__ import annotations

from kclod import __version__
from kclod.web import interface
from kclod.web.publication import Publication
from kclod.web.reconciling.extending import settings_of
from kclod.web.reconciling.service import Service
from kclod.web.reconciling.told import Json
from kclod.web.things.labels import pick

VERSIONS = ("0.2",)
WIDTH, HEIGHT = 420, 260
"""Pixels of a preview."""
_DEFAULT_TYPES = 12


def manifest(publication: Publication, service: Service, language: str, root: str) -> Json:
    """The manifest in a language. `root` is the address below which everything is; some clients put `?type=…` behind
    an address without looking, so that none of them has a query that is not a template's own."""
    site = publication.release.site
    kinds = service.schema.kinds
    chosen = [kinds[iri] for iri in site.classes if iri in kinds] or list(kinds.values())
    title = pick(site.title, language)

    def suggest(what: str) -> Json:
        return {
            "service_url": root,
            "service_path": f"/suggest/{what}",
            "flyout_service_path": f"/flyout/{what}?id=${{id}}",
        }

    return {
        "versions": list(VERSIONS),
        "name": interface.word(language, "reconcile.name", title=title.text if title else site.dataset_iri),
        "identifierSpace": service.spaces.identifiers,
        "schemaSpace": service.spaces.schema,
        "documentation": root,
        "logo": f"{publication.public_url}static/icon.svg",
        "serviceVersion": f"kclod {__version__}",
        "defaultTypes": [service.teller.kind(kind, language) for kind in chosen[:_DEFAULT_TYPES]],
        "view": {"url": f"{root}/view?id={{{{id}}}}"},
        "preview": {"url": f"{root}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {what: suggest(what) for what in ("entity", "type", "property")},
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/properties"},
            "property_settings": settings_of(language),
        },
        "batchSize": publication.limits.reconcile_queries,
    }
