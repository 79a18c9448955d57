"""Where queries run: worker processes that are killed at the deadline, their keeper, and other stores instead."""
