"""The `signposting` package finds its way from a landing page, and from the list of files, to what belongs to them."""

from __future__ import annotations

import json
import subprocess
import sys

from lights import BASE
from running import running

from kclod import described
from kclod.release import Release

FIND = """
import json, sys
import signposting
found = signposting.find_signposting_http(sys.argv[1])
print(json.dumps({
    "cite-as": found.citeAs and found.citeAs.target,
    "items": sorted([link.target, link.type] for link in found.items),
    "described": sorted([link.target, link.type] for link in found.describedBy),
    "types": sorted(link.target for link in found.types),
    "licence": found.license and found.license.target,
    "linksets": sorted(link.type for link in found.linksets),
}))
"""


def found(address: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FIND, address], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, object] = json.loads(done.stdout)
    return read


def test_the_package_reads_the_site(release: Release) -> None:
    with running(release) as there:
        page = found(f"{there.address}page/light/alpha")
        assert page["cite-as"] == f"{BASE}id/light/alpha"
        assert sorted((kind for _, kind in page["described"]), reverse=True) == ["text/turtle", "application/ld+json"]  # type: ignore[attr-defined]  # of JSON
        assert "https://schema.org/AboutPage" in page["types"]  # type: ignore[operator]  # of JSON
        files = found(f"{there.address}dumps/")
        assert files["cite-as"] == release.site.dataset_iri
        assert files["licence"] == release.site.licence
        assert files["items"] == sorted([f"{there.address}dumps/{d.name}", d.media_type] for d in release.dumps)
        assert files["described"] == sorted(
            [f"{there.address}dumps/{name}", media_type] for name, (media_type, _) in described.DOCUMENTS.items()
        )
        for address, media_type in [*files["items"], *files["described"]]:  # type: ignore[misc]  # of JSON
            status, headers, _ = there.get(address.removeprefix(there.address))
            assert (status, headers["content-type"].partition(";")[0]) == (200, media_type)
