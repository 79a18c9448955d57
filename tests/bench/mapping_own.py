"""The time of mapping alone: from the mapping file to the last line written, in a process that is already running.

python mapping_own.py MAPPING SOURCES OUTPUT JOBS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from kclod.rml import compile_mappings, stream


def main() -> None:
    mapping, sources, target, jobs = sys.argv[1:]
    start = time.perf_counter()
    batches = stream(compile_mappings([Path(mapping)]), sources=Path(sources), jobs=int(jobs))
    with Path(target).open("w", encoding="utf-8") as out:
        for batch in batches:
            out.write(batch.text)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
