"""The verb that puts a release on a SPARQL server."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kclod.cli.frame import FOLDER, RELEASES, main, messages, note, output, project_option, releases_option
from kclod.release import current, load
from kclod.remote.asking import check_address, credentials
from kclod.remote.publishing import publish_to
from kclod.remote.target import find_target


@main.command()
@project_option
@releases_option
@click.option("--release", "chosen", type=FOLDER, help="Publish this release folder.  [default: the current one]")
@click.option("--to", "address", required=True, metavar="URL", help="Where the dataset is queried; may hold {release}.")
@click.option("--update", metavar="URL", help="Where it is updated.  [default: by what the server is]")
@click.option("--graph-store", metavar="URL", help="Its Graph Store Protocol.  [default: by what the server is]")
@click.option("--loaded", is_flag=True, help="Load nothing: its graphs are there; verify them and have them read.")
@click.option(
    "--timeout", default=600.0, show_default=True, type=click.FloatRange(1), help="Seconds that a request may take."
)
def publish(
    *,
    folder: Path,
    releases: Path | None,
    chosen: Path | None,
    address: str,
    update: str | None,
    graph_store: str | None,
    loaded: bool,
    timeout: float,
) -> None:
    """Load a release into a dataset of a SPARQL 1.1 server, verify it, and only then have it read.

    `kclod serve --store URL` serves it from there. The variables KCLOD_STORE_USER and KCLOD_STORE_PASSWORD give the
    user, should the server ask (Basic or Digest). A publishing that was stopped changes nothing that is read; the next
    one removes what it left. Run one at a time.
    """
    release = load(chosen) if chosen else current(releases or folder / RELEASES)
    urls = [url.replace("{release}", release.version) if url else None for url in (address, update, graph_store)]
    for url in filter(None, urls):
        check_address(url)
    secret = credentials()
    target = find_target(urls[0] or "", secret, timeout, update=urls[1], graph_store=urls[2])
    started, running = time.monotonic(), [("connect", time.monotonic())]

    def announce(stage: str) -> None:
        name, since = running.pop()
        messages.print(f"  {name:<10} {time.monotonic() - since:6.1f} s", markup=False)
        running.append((stage, time.monotonic()))

    done = publish_to(release, target, secret, timeout=timeout, announce=announce, loaded=loaded)
    announce("")
    for text in done.notes:
        note(text)
    what = f"{done.quads} quads, {done.named_graphs} named graphs"
    how = f"published in {time.monotonic() - started:.1f} s" if done.new else "was published there already"
    messages.print(f"Release {done.release} {how}: {what}; verified graph by graph", markup=False)
    output.print(target.query, markup=False)
