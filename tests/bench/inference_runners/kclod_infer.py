"""DATA ONTOLOGY OUT: infer over N-Triples files, read as streams."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kclod.reason import infer


class Lines:
    """The statements of a file, read again each time."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[str]:
        with Path(self.path).open(encoding="utf-8") as file:
            for line in file:
                yield line[:-3]


start = time.process_time()
result = infer(Lines(sys.argv[1]), Lines(sys.argv[2]))
seconds = time.process_time() - start
with Path(sys.argv[3]).open("w", encoding="utf-8") as out:
    out.writelines(f"{statement} .\n" for statement in result.statements)
print(json.dumps({"seconds": seconds, "inferred": len(result.statements), "clashes": len(result.clashes)}))
