"""Registry files → entities: what each form of file looks like, and how it is read."""
