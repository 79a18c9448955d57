"""Tries the rules of linked data over HTTP on any running site: identification, negotiation, validators, links."""

from kclod.check.client import Client, Exchange
from kclod.check.rules import RULES, Rule
from kclod.check.run import Report, Verdict, check
from kclod.check.show import as_json, show

__all__ = ["RULES", "Client", "Exchange", "Report", "Rule", "Verdict", "as_json", "check", "show"]
