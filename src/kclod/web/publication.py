"""A release opened for reading by the site: its store, names and addresses, and the pool that answers queries."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import cast

import flask
import pyoxigraph as ox

from kclod.history import Edition, up_to
from kclod.rdf import N_QUADS
from kclod.release import CURRENT, Release, pointed
from kclod.remote.asking import credentials
from kclod.remote.quads import RemoteStore
from kclod.remote.reading import Reading, UnavailableError
from kclod.site import Site
from kclod.store import Embedded, Quads, Store, open_read_only
from kclod.vocab import DCT
from kclod.web.endpoints import Endpoints
from kclod.web.engine.relay import Relay
from kclod.web.engine.workers import Pool
from kclod.web.gone import Gone
from kclod.web.http.addresses import Addresses
from kclod.web.http.cache import Cache
from kclod.web.http.clients import Network, Shares, networks
from kclod.web.identified import Identified
from kclod.web.limits import Limits
from kclod.web.metrics import Metrics
from kclod.web.reconciling.service import Reconciliation
from kclod.web.searching import Search
from kclod.web.things.arranging import Arranger
from kclod.web.things.labels import Labels
from kclod.web.things.near import Near
from kclod.web.things.reader import Reader
from kclod.web.versions.differences import Differences

_KEY = "kclod"
_AUTHORS = 20
_SHOWN = ("*.py", "*/*.py", "templates/**/*", "locale/*", "static/**/*")
"""Files of the program that decide how a release is shown."""


@dataclass(frozen=True)
class Publication:
    """All that a request needs; the same for every request, and never changed."""

    release: Release
    limits: Limits
    public_url: str
    """Where the site is reached from outside, with a slash at its end; for machine-readable self-descriptions only."""
    reader: Reader
    arranger: Arranger
    labels: Labels
    addresses: Addresses
    pool: Pool | Relay
    cache: Cache
    shares: Shares
    proxies: tuple[Network, ...]
    endpoints: Endpoints
    gone: Gone
    near: Near
    authors: tuple[str, ...]
    """IRIs of who made the dataset, or else of who publishes it."""
    modified: datetime
    """When the release was made, when it became the current one, or when the program that shows it was installed,
    whichever is latest: to the second."""
    search: Search
    reconciliation: Reconciliation
    identified: Identified
    metrics: Metrics
    line: tuple[Edition, ...]
    """The releases of the dataset up to the one that is served, the oldest first."""
    differences: Differences
    archived: bool
    """Whether this is an earlier release than the one that is served."""

    @classmethod
    def open(
        cls,
        release: Release,
        limits: Limits,
        public_url: str | None,
        address: str | None = None,
        *,
        before: Publication | None = None,
        within: Publication | None = None,
    ) -> Publication:
        """Open the store read-only; or look at the server that holds it. Query workers start with the first query.

        With the publication that was served before, what clients have had and what was counted goes on. `within` is
        that of the release that is served, for an earlier one that is shown beside it.
        UsageError when the store cannot be read or holds another release, or a trusted proxy is no address.
        """
        store: Store
        pool: Pool | Relay
        site, known = release.site, before or within
        line = within.line if within else tuple(up_to(release))
        before_it = tuple(takewhile(lambda one: one.version != release.version, line))
        if address is None:
            store = Embedded(open_read_only(release.store_path))
            pool = Pool(release.store_path, limits, _dump_to_hold(release, limits))
        else:
            reading = Reading.open(address, credentials(), release.version)
            store, pool = RemoteStore(reading), Relay(reading, limits, release.text_path)
            store.alike(_shown_at_home(site))
        reader = Reader(store, site.graphs)
        labels = Labels(store, site.prefixes)
        cache = Cache(limits.cache_bytes, limits.followers)
        labels, search = Labels(store, site.prefixes), Search(release, reader)
        return cls(
            release,
            limits,
            public_url or site.base_iri,
            reader,
            Arranger(site.layout, reader),
            labels,
            Addresses(site.base_iri),
            pool,
            cache,
            known.shares if known else Shares(limits.client_queries, limits.client_seconds, limits.client_errors),
            networks(limits.trusted_proxies),
            Endpoints(limits),
            Gone(store, site, before_it),
            Near(store, site.base_iri),
            _authors(store, site.dataset_iri),
            _modified(release.path),
            search,
            Reconciliation(release, reader, labels, search, limits),
            Identified(site, store),
            known.metrics if known else Metrics(limits),
            line,
            Differences(line, labels),
            within is not None,
        )

    def counted(self) -> None:
        """Have the metrics tell of this release from now on."""
        self.metrics.turn_to(self.release, self.pool, self.cache)

    def ailment(self) -> str | None:
        """Why pages and queries cannot be answered now; None when they can."""
        if isinstance(self.pool, Relay):
            try:
                self.pool.reading.check()
            except UnavailableError as error:
                return f"the store cannot be asked: {error}"
        return None if self.pool.healthy() else "no query workers"


_BYTES_A_QUAD = 700
"""Of a store in memory, about: measured on the real data and on a million generated quads."""


def _dump_to_hold(release: Release, limits: Limits) -> Path | None:
    """The dump to read the store from, if memory may hold it."""
    dump = next((dump for dump in release.dumps if dump.path.suffix == f".{N_QUADS.name}"), None)
    if dump is None or release.counts.quads * _BYTES_A_QUAD > limits.store_bytes:
        return None
    return dump.path


def _shown_at_home(site: Site) -> list[ox.NamedNode]:
    """The things in the sections of the home page."""
    cells = [cell for section in site.sections for row in section.rows for cell in row if cell and cell[0] == "<"]
    return [ox.NamedNode(cell[1:-1]) for cell in cells if "\\" not in cell and not cell.startswith("<<")]


def _authors(store: Quads, dataset: str) -> tuple[str, ...]:
    """By dct:creator, else by dct:publisher."""
    for predicate in (DCT["creator"], DCT["publisher"]):
        quads = islice(store.quads_for_pattern(ox.NamedNode(dataset), predicate, None, None), _AUTHORS)
        found = {quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode)}
        if found:
            return tuple(sorted(iri for iri in found if iri.startswith(("http://", "https://"))))
    return ()


def _modified(release: Path) -> datetime:
    code = Path(__file__).parent
    files = (*release.glob("manifest.json"), *(file for pattern in _SHOWN for file in code.glob(pattern)))
    link = release.parent / CURRENT
    since = link.lstat().st_mtime if pointed(release.parent) == release.name else 0.0
    latest = max((since, *(file.stat().st_mtime for file in files)))
    return datetime.fromtimestamp(int(min(latest, time.time())), UTC)


def attach(app: flask.Flask, publication: Publication) -> None:
    """Make the publication the one that `current` gives to this app's requests."""
    app.extensions[_KEY] = publication


def current() -> Publication:
    """The publication of the app that handles the present request."""
    return cast("Publication", flask.current_app.extensions[_KEY])


def of(app: flask.Flask) -> Publication:
    """The publication of an app."""
    return cast("Publication", app.extensions[_KEY])
