"""Where the conformance suites are (data only, not part of the repository), and the table of results in the docs."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[2] / "docs" / "conformance.md"
WRITE = "KCLOD_WRITE_DOCS"
CASES = ("test_case[", "test_output[", "test_error[")
"""The tests that stand for a case of a suite each."""
SUITES = {
    "test_rml_core.py": "RML-Core (kg-construct/rml-core), the cases over JSON",
    "test_shacl_core.py": "SHACL Core (w3c/data-shapes)",
    "test_owl_rl.py": "OWL 2 RL, a case a rule (written for this project, checked against owlrl)",
    "test_sparql_protocol.py": "SPARQL 1.1 Protocol, queries and refused updates (w3c/rdf-tests)",
}
HEAD = """# Conformance

Made by the tests (`KCLOD_WRITE_DOCS=1 make test ARGS=tests/conformance`), which fail when it is out of date. Expected
failures are listed with their reasons in the test modules; they are strict, so one that passes is a failure too.

| suite | cases | passed | expected failures |
|---|---|---|---|
"""


@pytest.fixture(scope="session")
def suites() -> Path:
    """The directory of the suites: KCLOD_SUITES, or `../shared/suites` beside the repository."""
    path = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")
    if not path.is_dir():
        pytest.skip(f"the conformance suites are not at {path}; set KCLOD_SUITES to where they are")
    return path


class Results:
    """Counts the outcomes of cases by test module."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case when it was called, or skipped before that."""
        path, _, name = report.nodeid.partition("::")
        module = path.rpartition("/")[2]
        if module in SUITES and name.startswith(CASES) and (report.when == "call" or report.skipped):
            outcome = "expected" if hasattr(report, "wasxfail") and report.skipped else report.outcome
            self.outcomes.setdefault(module, Counter())[outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the table, or compare it, when every suite was run whole."""
        present = [module for module in SUITES if (Path(__file__).parent / module).exists()]
        whole = all(self.outcomes.get(module) for module in present) and not session.config.option.keyword
        if not whole or any(set(found) - {"passed", "expected"} for found in self.outcomes.values()):
            return
        found = [(SUITES[module], self.outcomes[module]) for module in present]
        rows = [f"| {name} | {o.total()} | {o['passed']} | {o['expected']} |\n" for name, o in found]
        text = HEAD + "".join(rows)
        if os.environ.get(WRITE):
            TABLE.write_text(text, "utf-8")
        elif not TABLE.exists() or TABLE.read_text("utf-8") != text:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            print(f"\n{TABLE} is not what the suites give; run them with {WRITE}=1")


def pytest_configure(config: pytest.Config) -> None:
    """Collect the results of this session."""
    config.pluginmanager.register(Results(), "kclod-conformance")
