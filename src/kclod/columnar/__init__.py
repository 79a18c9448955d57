"""A graph as columns of numbers, and the SPARQL queries that are answered from them a whole column at a time.

A release never changes, so its default graph is written once as sorted arrays (`build`), which every process maps into
its memory (`table`). SELECT and ASK queries of a safe subset of SPARQL 1.1 (`parse`, `evaluate`) are answered from
them, much faster than one solution at a time. Whatever is outside of that subset raises UnsupportedError, and is the
store's to answer: the results are the same, as tests show on random graphs and queries.
"""
