"""Rules by which web servers answer from the folder as the application does; written from the table of negotiation."""

from kclod.site_files.rules.written import written

__all__ = ["written"]
