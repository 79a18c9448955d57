"""What a text index holds, whatever the order in which it was written."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

QUESTIONS = {
    "literals": "SELECT term, tag FROM literal ORDER BY 1",
    "names": "SELECT n.id, term, key FROM name n LEFT JOIN literal ON literal.id = n.literal ORDER BY 1",
    "words": "SELECT word, names FROM word ORDER BY 1",
    "grams": "SELECT gram, word FROM gram ORDER BY 1, 2",
    "tokens": "SELECT i.term, l.term, i.offset FROM temp.tokens i LEFT JOIN literal l ON l.id = i.doc ORDER BY 1, 2, 3",
    "spellings": "SELECT term, doc FROM temp.spellings ORDER BY 1, 2",
}


def indexed(path: Path) -> bytes:
    """The content of every table, and every posting."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.tokens USING fts5vocab(main, text, instance)")
        connection.execute("CREATE VIRTUAL TABLE temp.spellings USING fts5vocab(main, words, instance)")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        content = {name: connection.execute(question).fetchall() for name, question in QUESTIONS.items()}
        assert None not in {value for rows in content.values() for row in rows for value in row}
        return json.dumps(content, ensure_ascii=False, indent=0).encode()
