"""Check digits of identifiers, by the name of the algorithm.

ISO/IEC 7064 MOD 11-2 is that of ISNI and ORCID, MOD 97-10 that of ISO 17442 (LEI); `ror` is that of the Research
Organization Registry (https://ror.org/facts/): six characters of Crockford's base 32 as a number, and its MOD 97-10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stdnum.iso7064 import mod_11_2, mod_97_10

_CROCKFORD = {digit: number for number, digit in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}


def _ror(value: str) -> bool:
    body, digits = value[:-2], value[-2:]
    if not all(character in _CROCKFORD for character in body):
        return False
    number = 0
    for character in body:
        number = number * 32 + _CROCKFORD[character]
    return mod_97_10.is_valid(f"{number}{digits}")


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "iso7064-mod11-2": mod_11_2.is_valid,
    "iso7064-mod97-10": mod_97_10.is_valid,
    "ror": _ror,
}
"""Algorithm → whether the check digits at the end of a value are right."""
