"""String templates (RML-Core, section 6.1, template expressions): text with references in braces."""

from __future__ import annotations


class TemplateError(ValueError):
    """A string that is not a valid template; the message says why."""


def split(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    r"""Take a template apart into literal pieces and reference expressions, with `\{`, `\}` and `\\` resolved.

    There is one literal more than there are references: literal, reference, literal, …, literal. Raises TemplateError
    for an unpaired or nested brace, an empty reference, or a backslash that escapes nothing.
    """
    literals: list[str] = []
    references: list[str] = []
    piece: list[str] = []
    inside = False
    characters = iter(text)
    for character in characters:
        if character == "\\":
            piece.append(_escaped(next(characters, "")))
        elif character == "{":
            if inside:
                raise TemplateError("a brace opens inside a reference; write \\{ for a brace that is meant literally")
            literals.append("".join(piece))
            piece, inside = [], True
        elif character == "}":
            if not inside:
                raise TemplateError("a brace closes that was not opened; write \\} for a brace that is meant literally")
            if not piece:
                raise TemplateError("a pair of braces holds no reference")
            references.append("".join(piece))
            piece, inside = [], False
        else:
            piece.append(character)
    if inside:
        raise TemplateError("a brace opens that is not closed")
    literals.append("".join(piece))
    return tuple(literals), tuple(references)


def _escaped(character: str) -> str:
    if character not in {"{", "}", "\\"} or not character:
        raise TemplateError("a backslash escapes nothing; write \\\\ for a backslash (\\\\\\\\ in Turtle)")
    return character
