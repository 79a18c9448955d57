"""The Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group, final report of 10 April 2023)."""
