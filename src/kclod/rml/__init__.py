"""RML-Core: mappings parsed, compiled once, and run over JSON, CSV and YAML sources."""
