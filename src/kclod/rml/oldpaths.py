"""References of the older vocabulary as RFC 9535 JSONPath: there `name` and `a.b[*]` were written without `$.`."""

from __future__ import annotations

from json import dumps

from kclod.rml.jsonpath import PathError, compile_path


def modern_path(text: str) -> str:
    """The RFC 9535 query that an older reference means; a name that is no query is taken as one member's name."""
    if text.startswith("$"):
        return text
    if text.startswith("["):
        return f"${text}"
    if text.startswith("@"):
        return f"${text[1:]}"
    candidate = f"$.{text}"
    try:
        compile_path(candidate)
    except PathError:
        return f"$[{dumps(text, ensure_ascii=False)}]"
    return candidate
