"""DATA ONTOLOGY OUT: owlrl's closure."""

import json
import sys
import time

import owlrl
import rdflib

graph = rdflib.Graph()
for path in sys.argv[1:3]:
    graph.parse(path, format="nt")
start = time.process_time()
owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
seconds = time.process_time() - start
kept = rdflib.Graph()
for triple in graph:
    if not isinstance(triple[0], rdflib.Literal):
        kept.add(triple)
kept.serialize(sys.argv[3], format="nt", encoding="utf-8")
print(json.dumps({"seconds": seconds, "triples": len(graph)}))
