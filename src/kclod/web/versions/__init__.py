"""Releases as the site shows them: what changed between them, earlier ones, feeds and streams."""
