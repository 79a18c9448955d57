"""The site of a release as a folder of files, with rules by which web servers answer from it as `kclod serve` does.

`export` writes the folder. Bodies are what the application of the site answers, asked without a server; nothing is
rendered a second time.
"""

from kclod.site_files.making import Export, export

__all__ = ["Export", "export"]
