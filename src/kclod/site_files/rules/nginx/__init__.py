"""Rules for nginx 1.22 or newer: two files to include, and an example that includes them.

nginx computes nothing, but its maps know regular expressions with back references: of the q-values of all offers,
written one after the other, the largest is found digit by digit.
"""

from __future__ import annotations

from kclod.site_files.rules.known import Known
from kclod.site_files.rules.nginx.maps import maps
from kclod.site_files.rules.nginx.server import server

_HTTP = "_rules/nginx/maps.conf"
_SERVER = "_rules/nginx/site.conf"
_EXAMPLE = "_rules/nginx/example.conf"


def nginx(site: Known) -> dict[str, str]:
    """The files, by name."""
    return {
        _HTTP: "\n".join(maps(site)) + "\n",
        _SERVER: "\n".join(server(site)) + "\n",
        _EXAMPLE: _example(),
    }


def _example() -> str:
    return """# Debian: /etc/nginx/sites-available/ has files of this kind; SITE is the folder of the export.
include SITE/_rules/nginx/maps.conf;
server {
    listen 80;
    server_name data.example;
    root SITE;
    include SITE/_rules/nginx/site.conf;
}
"""
