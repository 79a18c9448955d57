"""DATA ONTOLOGY OUT: what `reasonable` (Rust) finds."""

import json
import sys
import time

import rdflib
import reasonable

graph = rdflib.Graph()
for path in sys.argv[1:3]:
    graph.parse(path, format="nt")
reasoner = reasonable.PyReasoner()
reasoner.from_graph(graph)
start = time.process_time()
found = reasoner.reason()
seconds = time.process_time() - start
kept = rdflib.Graph()
for triple in found:
    if not isinstance(triple[0], rdflib.Literal) and isinstance(triple[1], rdflib.URIRef):
        kept.add(triple)
kept.serialize(sys.argv[3], format="nt", encoding="utf-8")
print(json.dumps({"seconds": seconds, "triples": len(found)}))
