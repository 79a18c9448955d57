"""The entities of a dataset: what is below its identifier space and has a class and a name; by name, class and IRI.

A release of a large graph has them as arrays (`entities/`) that are mapped into memory; of a small one they are read
from the store in no time, see `kclod.release`. Nothing is imported here: a build needs no more than `making`.
"""
