"""DATA ONTOLOGY: the time of an update after 300 statements about neighbouring things are gone, checked by infer."""

import gc
import json
import sys
import time
from pathlib import Path

from kclod.reason import infer, update
from kclod.view import Held

data, ontology = (
    dict.fromkeys(Path(path).read_text("utf-8").removesuffix(" .\n").split(" .\n")) for path in sys.argv[1:3]
)
before = infer(data, ontology, hidden=True)
state = Held([*data, *before.statements, *(before.hidden or ())])
removed = list(data)[len(data) // 2 :][:300]
gc.collect()
gc.freeze()  # the view of a real build is not made of millions of Python's objects
start = time.process_time()
change = update(state, data, ontology, removed=removed)
seconds = time.process_time() - start
if change is None:
    sys.exit("the change is not local")
after = infer([statement for statement in data if statement not in set(removed)], ontology)
if set(before.statements) - change.removed | change.added != set(after.statements):
    sys.exit("update and infer differ")
print(json.dumps({"seconds": seconds, "removed": len(change.removed), "added": len(change.added)}))
