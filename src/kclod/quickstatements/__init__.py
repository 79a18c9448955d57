"""QuickStatements: what a release holds as commands with which a person can add it to Wikidata or another Wikibase.

https://www.wikidata.org/wiki/Help:QuickStatements, command sequence syntax (V1). Which statements, under which items
and properties, the content declares as SELECT queries.
"""

from kclod.quickstatements.commands import Batch, LeftOut, batch_of, summary_of
from kclod.quickstatements.declared import Declaration, read_declarations

__all__ = ["Batch", "Declaration", "LeftOut", "batch_of", "read_declarations", "summary_of"]
