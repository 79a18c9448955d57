"""Check digits: published identifiers have right ones, and every slip that the algorithms promise to find is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import isni, lei

from kclod.check_digits import CHECKS

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
RORS = ["01qcq9d74", "0298pes53", "04qfph657", "058rymf81", "05hepy730", "04mte1k06", "05c22rx21", "0427vvt16"]
"""As their records give them (ror-records d93fc667)."""
ISNIS = ["0000000123253578", "0000000106917707", "000000047781685X", "000000012281955X"]
"""Three of ROR's records, and the example of https://isni.org/ that python-stdnum cites."""
LEIS = ["213800KUD8LAJWSQ9D15"]
"""The example of ISO 17442 that python-stdnum cites."""


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *(("ror", value) for value in RORS),
        *(("iso7064-mod11-2", value) for value in ISNIS),
        *(("iso7064-mod97-10", value) for value in LEIS),
    ],
)
def test_published_identifiers_are_right(check: str, value: str) -> None:
    assert CHECKS[check](value)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *(("ror", value) for value in RORS),
        *(("iso7064-mod11-2", value) for value in ISNIS),
        *(("iso7064-mod97-10", value) for value in LEIS),
    ],
)
def test_any_single_wrong_character_is_found(check: str, value: str) -> None:
    """A prime modulus finds every substitution that keeps the number of decimal digits (ISO/IEC 7064, annex A)."""
    for place, right in enumerate(value):
        body = CROCKFORD if check == "ror" and place < len(value) - 2 else "0123456789"
        for other in body if right in body else "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if other != right:
                assert not CHECKS[check](value[:place] + other + value[place + 1 :]), (place, other)


@given(st.text("0123456789", min_size=15, max_size=15), st.sampled_from("0123456789X"))
def test_mod_11_2_is_that_of_the_standard(body: str, digit: str) -> None:
    """ISO/IEC 7064, 7: the sum of a_i · 2^(i-1), from the right, is 1 modulo 11."""
    digits = [10 if character == "X" else int(character) for character in body + digit]
    expected = sum(value * 2**place for place, value in enumerate(reversed(digits))) % 11 == 1
    assert CHECKS["iso7064-mod11-2"](body + digit) == expected == isni.is_valid(body + digit)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=18, max_size=18), st.integers(0, 99))
def test_mod_97_10_is_that_of_the_standard(body: str, digits: int) -> None:
    """ISO 17442, annex A: letters are 10 to 35; the whole, as a number, is 1 modulo 97."""
    number = int("".join(str(int(character, 36)) for character in body))
    assert CHECKS["iso7064-mod97-10"](f"{body}{digits:02}") == ((number * 100 + digits) % 97 == 1)
    right = f"{body}{98 - number * 100 % 97:02}"
    assert CHECKS["iso7064-mod97-10"](right)
    assert lei.is_valid(right)


@given(st.integers(0, 32**6 - 1), st.integers(0, 99))
def test_ror_is_base_32_and_mod_97_10(number: int, digits: int) -> None:
    """As ROR's minting code does it: 98 - (number · 100 mod 97)."""
    body = "".join(CROCKFORD[number >> shift & 31] for shift in range(25, -1, -5))
    assert CHECKS["ror"](f"0{body}{digits:02}") == (digits in _equal(98 - number * 100 % 97))


def _equal(digits: int) -> set[int]:
    """Two digits that are equal modulo 97 cannot be told apart; the form of a ROR ID leaves one of them."""
    return {other for other in (digits - 97, digits, digits + 97) if 0 <= other <= 99}


@pytest.mark.parametrize("value", ["01qcq9l74", "01qcq9u74", "", "0", "01qcq9d7x"])
def test_no_ror_id(value: str) -> None:
    assert not CHECKS["ror"](value)
