"""The vocabulary of the data as one document: term IRIs are hash IRIs, so this is what they lead to."""

from kclod.web.ontology.pages import blueprint

__all__ = ["blueprint"]
