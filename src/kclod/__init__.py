"""kclod: a linked-data publisher. Records → map → link → reason → validate → release → serve."""

from __future__ import annotations

__version__: str


def __getattr__(name: str) -> str:
    """The version, looked up when it is asked for: that takes longer than importing all else that a verb may need."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415

    return version("kclod")
