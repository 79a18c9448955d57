"""The rules as files of an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kclod.site_files.kinds import Place
from kclod.site_files.linking import Gathered
from kclod.site_files.rules.apache import apache
from kclod.site_files.rules.caddy import caddy
from kclod.site_files.rules.known import known
from kclod.site_files.rules.nginx import nginx
from kclod.site_files.work import Done, Work


def written(work: Work, done: Done, links: Gathered, places: Iterable[Place]) -> Mapping[str, str]:
    """The files by name."""
    published = work.published
    site = known(work.prefix, published.addresses.base_iri, published.public_url, done=done, links=links, places=places)
    return nginx(site) | apache(site) | caddy(site)
