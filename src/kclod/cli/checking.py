"""The verb check: the rules of linked data over HTTP, tried on any running site."""

from __future__ import annotations

import json
import sys

import click

from kclod.check import Client, as_json, show
from kclod.check import check as check_site
from kclod.cli.frame import main, output


@main.command()
@click.argument("url")
@click.option("--things", default=2, show_default=True, type=click.IntRange(1, 20), help="Things to try the rules on.")
@click.option("--requests", default=1000, show_default=True, type=click.IntRange(10), help="Requests at most.")
@click.option("--delay", default=0.0, show_default=True, type=click.FloatRange(0), help="Seconds between requests.")
@click.option("--timeout", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for a request.")
@click.option(
    "--at-least", default=100.0, show_default=True, type=click.FloatRange(0, 100), help="Score for exit code 0."
)
@click.option("--all", "all_", is_flag=True, help="Print the rules that hold as well.")
@click.option("--json", "as_data", is_flag=True, help="Print the report as JSON.")
def check(
    *, url: str, things: int, requests: int, delay: float, timeout: float, at_least: float, all_: bool, as_data: bool
) -> None:
    """Try the rules of linked data over HTTP on the site at URL, and print what holds and what does not.

    URL is that of a thing, or of a site: then things are looked for in VoID, sitemap, home page and endpoint. Only safe
    requests are made, one at a time. Exit 1 when fewer rules hold than --at-least.
    """
    report = check_site(url, Client(requests, delay, timeout), most=things)
    if as_data:
        output.print_json(json.dumps(as_json(report), ensure_ascii=False))
    else:
        show(report, output, all_=all_)
    if report.share * 100 < at_least:
        sys.exit(1)
