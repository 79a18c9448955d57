"""The full-text index of a release: one SQLite file (FTS5) beside the store, made of its default graph.

It holds the distinct string literals, with or without a language, and which of them are names of things. Who bears a
literal is asked of the store.
"""

from kclod.text.index import FILE, MOST_MATCHES, TextIndex, TooManyMatchesError
from kclod.text.make import Indexing, change_index, make_index
from kclod.text.query import TextQueryError

__all__ = [
    "FILE",
    "MOST_MATCHES",
    "Indexing",
    "TextIndex",
    "TextQueryError",
    "TooManyMatchesError",
    "change_index",
    "make_index",
]
