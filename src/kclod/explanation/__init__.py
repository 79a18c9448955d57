"""Why a release says what it says: a triple's claims and evidence, or the axioms and premises it follows from."""

from kclod.explanation.show import show_explanation
from kclod.explanation.terms import read_triple
from kclod.explanation.trace import Explanation, Source, trace

__all__ = ["Explanation", "Source", "read_triple", "show_explanation", "trace"]
