"""The site: SPARQL endpoint, entity pages, dumps."""
