"""SPARQL 1.1 Protocol: requests read and checked, kept answers, the service description, and SERVICE."""
