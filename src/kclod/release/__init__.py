"""An immutable, versioned release folder; made beside the others and moved into place in one step.

Layout: `<root>/<version>/` holds `manifest.json`, `site.json`, `dumps/<name>.ttl` (default graph, readable),
`dumps/<name>.nq` (whole dataset, canonical), `ontology.ttl` (when there is one), `stages/…`, `columns/` (the default
graph as arrays, where it can be held so), `entities/` (of a large graph: its entities by name), `store/`, `text.sqlite`
(the text index) and `store.json`; `<root>/current` is a relative symlink to the release that is served, and
`<root>/publications.log` tells when each was published. Everything but the store and `store.json` is byte-identical for
equal inputs: the files of RocksDB depend on the order of writing, so their digests are listed apart. The text index is
too where it is made anew; one that an incremental build has brought up to date need not be, so it is listed with them.
"""

from kclod.release.content import Content, changing_entities, dump_name, making_entities, write_columns
from kclod.release.manifest import (
    CURRENT,
    MANIFEST,
    ONTOLOGY,
    SITE,
    STORE,
    Counts,
    Dump,
    Release,
    current,
    is_current,
    load,
    pointed,
    read_manifest,
)
from kclod.release.publications import Act, Kind, folders, move, publication, read_log
from kclod.release.publishing import finish, publish
from kclod.release.stored import problems_of_store
from kclod.release.verifying import verify
from kclod.release.version import input_entries, release_version, tool_versions
from kclod.site import Section, Site, StoredQuery, short_name

__all__ = [
    "CURRENT",
    "MANIFEST",
    "ONTOLOGY",
    "SITE",
    "STORE",
    "Act",
    "Content",
    "Counts",
    "Dump",
    "Kind",
    "Release",
    "Section",
    "Site",
    "StoredQuery",
    "changing_entities",
    "current",
    "dump_name",
    "finish",
    "folders",
    "input_entries",
    "is_current",
    "load",
    "making_entities",
    "move",
    "pointed",
    "problems_of_store",
    "publication",
    "publish",
    "read_log",
    "read_manifest",
    "release_version",
    "short_name",
    "tool_versions",
    "verify",
    "write_columns",
]
