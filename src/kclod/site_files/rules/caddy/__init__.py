"""Rules for Caddy 2.6 or newer: directives to import into the block of a site, and an example that does so."""

from __future__ import annotations

from kclod.site_files.rules.caddy.server import site_block
from kclod.site_files.rules.known import Known

_SITE = "_rules/caddy/site.caddy"
_EXAMPLE = "_rules/caddy/Caddyfile"


def caddy(site: Known) -> dict[str, str]:
    """The files, by name."""
    told = "# Written by `kclod export site`: import it in the block of a site, below `root`, the folder of the export."
    return {_SITE: "\n".join((told, *site_block(site).lines)) + "\n", _EXAMPLE: _example()}


def _example() -> str:
    return """# SITE is the folder of the export.
data.example {
	root * SITE
	import SITE/_rules/caddy/site.caddy
}
"""
