"""Claims beside the words that support them, checked against a reader's own copies of the texts."""

from kclod.evidence.check import Claim, EvidenceReport, Span, check_evidence
from kclod.evidence.copies import Copy, Place, find, locate
from kclod.evidence.show import show_claims

__all__ = ["Claim", "Copy", "EvidenceReport", "Place", "Span", "check_evidence", "find", "locate", "show_claims"]
