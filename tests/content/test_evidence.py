"""`kclod evidence` on the real content and a reader's copies of the five articles."""

import os
from pathlib import Path

import pytest

from kclod.evidence import EvidenceReport, check_evidence
from kclod.project import Project, labels_of
from kclod.records import load_records

SOURCES = Path(os.environ.get("KCLOD_SOURCES") or Path(__file__).parents[3] / "shared" / "sources")
FLAGGED_SPANS = 0.12
"""Share of spans that may be flagged: those that speak of a thing as "the agreement" or "this centre" are right, and
have to stand beside those that name it."""
UNNAMED_CLAIMS = 0.05
"""Share of claims whose evidence may mention nothing of them anywhere."""


@pytest.fixture(scope="module")
def report(real: Project) -> EvidenceReport:
    if not SOURCES.is_dir():
        pytest.skip(f"no copies of the articles in {SOURCES}; set KCLOD_SOURCES to where they are")
    return check_evidence(load_records(real), labels_of(real.ontology), SOURCES)


def test_every_span_of_every_article_is_verified(report: EvidenceReport) -> None:
    assert [str(problem) for problem in (*report.mismatches, *report.missing)] == []
    assert len(report.copies) == 5
    assert {claim.article for claim in report.claims} == set(report.copies)
    assert report.spans
    assert all(span.verified for span in report.spans)


def test_few_spans_are_flagged(report: EvidenceReport) -> None:
    assert len(report.flags) <= FLAGGED_SPANS * len(report.spans), "\n".join(map(str, report.flags))


def test_the_evidence_of_nearly_every_claim_mentions_something_of_it(report: EvidenceReport) -> None:
    unnamed = [claim.iri for claim in report.claims if all(span.flagged for span in claim.spans)]
    assert len(unnamed) <= UNNAMED_CLAIMS * len(report.claims), unnamed


def test_evidence_of_another_claim_is_flagged(report: EvidenceReport, real: Project) -> None:
    """The flag means something: beside the evidence of another claim, most spans are flagged."""
    records = load_records(real)
    rows = records.rows["items.json"]
    for row, other in zip(rows, [*rows[len(rows) // 2 :], *rows[: len(rows) // 2]], strict=True):
        row["article"], row["evidence"] = other["article"], other["evidence"]
    shuffled = check_evidence(records, labels_of(real.ontology), SOURCES)
    assert len(shuffled.flags) > len(report.spans) / 2
