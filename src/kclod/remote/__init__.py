"""A release on another's SPARQL 1.1 server: asked by the protocol, read for pages, and put there by `kclod publish`."""
