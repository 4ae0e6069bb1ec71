"""Check digits of cards, accounts and national numbers, from their published rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce


def weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def luhn(digits: str) -> str:
    """With its check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return digits + str(-total % 10)


def iban(country: str, account: str) -> str:
    number = "".join(str(ord(letter) - 55) if letter.isalpha() else letter for letter in account + country + "00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


_DIHEDRAL = [
    [int(digit) for digit in row]
    for row in (
        *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
        *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
    )
]
_PERMUTED = [int(digit) for digit in "1576283094"]
_INVERSE = "0432156789"


def verhoeff(digits: str) -> str:
    """With its check digit (Aadhaar)."""

    def permuted(digit: int, times: int) -> int:
        return reduce(lambda value, _: _PERMUTED[value], range(times % 8), digit)

    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        check = _DIHEDRAL[check][permuted(int(digit), place)]
    return digits + _INVERSE[check]


def german_tax_id(digits: str) -> str:
    """ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return digits + str((11 - product) % 10)


def french_nir(digits: str) -> str:
    return f"{digits}{97 - int(digits) % 97:02d}"


def spanish_letter(digits: str) -> str:
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def spanish_dni(digits: str) -> str:
    return digits + spanish_letter(digits)


def spanish_nie(first: str, digits: str) -> str:
    return first + digits + spanish_letter(f"{'XYZ'.index(first)}{digits}")


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)


def italian_code(code: str) -> str:
    even = {letter: int(letter) if letter.isdigit() else ord(letter) - 65 for letter in code}
    total = sum(_ODD[letter] if place % 2 == 0 else even[letter] for place, letter in enumerate(code))
    return code + chr(65 + total % 26)


def dutch_bsn(digits: str) -> str | None:
    """None where no digit fits."""
    rest = weighted(digits, range(9, 1, -1)) % 11
    return None if rest == 10 else digits + str(rest)


def brazilian_cpf(digits: str) -> str:
    for weights in (range(10, 1, -1), range(11, 1, -1)):
        rest = weighted(digits, weights) * 10 % 11
        digits += str(rest % 10)
    return digits


def japanese_number(digits: str) -> str:
    rest = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits + str(0 if rest <= 1 else 11 - rest)


def polish_pesel(digits: str) -> str:
    return digits + str(-weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def norwegian_number(digits: str) -> str | None:
    """None where no digit fits."""
    first = -weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    if first == 10:
        return None
    digits += str(first)
    second = -weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return None if second == 10 else digits + str(second)


def belgian_number(digits: str) -> str:
    """Of somebody who was born before 2000."""
    return f"{digits}{97 - int(digits) % 97:02d}"


def swiss_number(digits: str) -> str:
    return digits + str(-weighted(digits, (1, 3) * 6) % 10)


def finnish_code(date: str, number: str) -> str:
    return f"{date}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(date + number) % 31]}"


def korean_number(digits: str) -> str:
    return digits + str((11 - weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10)


def chinese_id(digits: str) -> str:
    rest = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11
    return digits + "10X98765432"[rest]


def thai_id(digits: str) -> str:
    return digits + str((11 - weighted(digits, range(13, 1, -1)) % 11) % 10)


def chilean_rut(digits: str) -> str:
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(digits))) % 11
    return digits + {11: "0", 10: "K"}.get(rest, str(rest))


def british_nhs(digits: str) -> str | None:
    """None where no digit fits."""
    check = 11 - weighted(digits, range(10, 1, -1)) % 11
    return None if check == 10 else digits + str(check % 11)


def mexican_curp(code: str) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ"
    total = sum(alphabet.index(letter) * (18 - place) for place, letter in enumerate(code))
    return code + str(-total % 10)


def turkish_number(digits: str) -> str:
    odd, even = (sum(map(int, digits[start::2])) for start in (0, 1))
    digits += str((odd * 7 - even) % 10)
    return digits + str(sum(map(int, digits)) % 10)


def icelandic_number(digits: str, century: str) -> str | None:
    """None where no digit fits."""
    check = -weighted(digits, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return None if check == 10 else f"{digits}{check}{century}"
