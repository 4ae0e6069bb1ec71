"""Finds personal data in texts: e-mail, phone, IP address, IBAN, payment card and national id, in any script or disguise.

`mask(text)` gives the text with every find replaced by its class, such as `[email]`, and the classes found. The search runs
on a copy in which escapes are decoded, invisible characters are gone and digits, dashes and blanks of all scripts are
ASCII; each of its characters knows where it stood, so what is replaced is the original spelling.

A pattern proposes, a check decides: check digits and the lengths of countries (`stdnum`), numbering plans (`phonenumbers`),
issuers' ranges. Where shape and check digit are too weak to tell a person's number from an order's, a word before it must
name what it is, as in `BSN 123456782`; and `version 10.1.2.3` is no address.

`SUSPICIOUS_TEXT` is a regular expression for DuckDB's engine that matches whatever `mask` would change, and few other texts. It
takes all blanks and all letters outside ASCII for suspicious, so it need only tell apart words without blanks.
"""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

import phonenumbers
from phonenumbers import Leniency, NumberParseException, PhoneNumberMatcher, ValidationResult
from stdnum import iban, luhn, numdb

# ---- The copy that is searched -------------------------------------------------------------------------------------

_ESCAPE = re.compile(
    r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"
    r"|&#\d{1,7};|&#[xX][0-9A-Fa-f]{1,6};|&[A-Za-z]{2,10};"
    r"| ?[\[({<] ?(?i:at|@|arroba) ?[\])}>] ?| ?[\[({<] ?(?i:dot|\.|punkt|punto|point) ?[\])}>] ?"
)
_ROUNDS = 4  # of decoding: `%2540` is `%40` is `@`

# Letters of Cyrillic and Greek that look like Latin ones, and dots and lines that Unicode's own folding leaves alone.
_LOOKALIKES = (
    *zip(
        "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423\u0417\u0430\u0435\u0455\u0456",
        "ABESIJKMHOPCTXY3aesi",
        strict=True,
    ),
    *zip("\u0458\u043e\u0440\u0441\u0445\u0443", "jopcxy", strict=True),
    *zip("\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf", "ABEZHIKMNOPTYXo", strict=True),
    *zip("\u3002\u00b7\u2212\u2044\u2215", "..-//", strict=True),
)
_PLAIN_LETTERS = str.maketrans(dict(_LOOKALIKES))
# What a reader does not see: formats, marks on letters, controls but for white space.
_INVISIBLE = frozenset(("Cf", "Mn", "Me", "Cc"))
_AS_ASCII = {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " "}


@dataclass
class _Copy:
    """The searched text; character `i` stood at `starts[i]:ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def rewritten(self, pieces: Iterator[tuple[str, int, int]]) -> _Copy:
        """The copy made of pieces of this one, each with the place that it comes from."""
        characters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for text, start, end in pieces:
            characters.append(text)
            starts += [self.starts[start]] * len(text)
            ends += [self.ends[end - 1]] * len(text)
        return _Copy("".join(characters), starts, ends)


def _copy(text: str) -> _Copy:
    copy = _Copy(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_ROUNDS):
        if not (copy.text.isascii() and copy.text.isprintable()):
            copy = copy.rewritten((_folded(character), at, at + 1) for at, character in enumerate(copy.text))
        if not _ESCAPE.search(copy.text):
            break
        copy = copy.rewritten(_decoded(copy.text))
    return copy


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """A character as ASCII writes it, if it does; nothing for an invisible one."""
    folded = []
    for each in unicodedata.normalize("NFKD", character).translate(_PLAIN_LETTERS):
        category = unicodedata.category(each)
        if category == "Nd":
            folded.append(str(unicodedata.decimal(each)))
        elif category not in _INVISIBLE or each in "\t\n\r":
            folded.append(_AS_ASCII.get(category, each))
    return "".join(folded)


def folded(text: str) -> str:
    """A text as it is searched, but for its escapes."""
    return "".join(map(_folded, text))


def _folded_words(*words: str) -> str:
    """Words as an expression that finds them in a searched copy."""
    return "|".join(map(folded, words))


def _decoded(text: str) -> Iterator[tuple[str, int, int]]:
    done = 0
    for match in _ESCAPE.finditer(text):
        yield from ((text[at], at, at + 1) for at in range(done, match.start()))
        yield _character(match[0]), match.start(), match.end()
        done = match.end()
    yield from ((text[at], at, at + 1) for at in range(done, len(text)))


def _character(escape: str) -> str:
    """What an escape stands for."""
    if escape.startswith("%"):
        return bytes.fromhex(escape.replace("%", "")).decode(errors="replace")
    if escape.startswith("\\"):
        point = int(escape[2:].strip("{}"), 16)
        return chr(point) if point <= 0x10FFFF else escape
    if escape.startswith("&"):
        return html.unescape(escape)
    return "@" if re.search("(?i)at|@|arroba", escape) else "."


# ---- E-mail --------------------------------------------------------------------------------------------------------

_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_TOP = r"(?:xn--[A-Za-z0-9-]{2,59}|[^\W\d_]{2,63})"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_EMAIL = re.compile(
    r"""(?:"[^"\n]{1,64}"|\w[\w.!#$%*+^`{}~'-]{0,127})@"""
    rf"(?:(?:{_LABEL}\.){{1,9}}{_TOP}|{_IPV4}(?![\w.])|\[(?:IPv6:)?[0-9A-Fa-f:.]{{3,45}}\])"
)
_SPELLED_EMAIL = re.compile(rf"(?<!\w)\w[\w.+-]{{0,63}} (?i:at) {_LABEL}(?:(?: (?i:dot) |\.){_LABEL})* (?i:dot) {_TOP}(?!\w)")
# `lodash@4.17.21-beta.next`, `logo@2x.png`
_VERSIONED = re.compile(r"@(?:v?\d+\.\d+\.\d+[^@]*[A-Za-z][^@]*|\d(?:\.\d)?x\.[a-z]{3,4})$")


def _is_email(text: str, _before: str) -> bool:
    return not _VERSIONED.search(text)


# ---- IBAN and payment card -----------------------------------------------------------------------------------------

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")


def _is_iban(text: str, _before: str) -> bool:
    return iban.is_valid(text, check_country=False)


_NO_NUMBER_BEFORE = r"(?<![0-9A-Za-z])(?<!\d[.,])"
_NO_NUMBER_AFTER = r"(?![0-9A-Za-z]|[.,]\d)"
_CARD = re.compile(
    _NO_NUMBER_BEFORE + r"(?:\d{4}([ .-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ .-])\d{6}\2\d{4,5}"
    r"|\d{13,19}|\d{4,13}(?:[ -]\d{2,13}){1,8})" + _NO_NUMBER_AFTER
)
# Issuers' ranges: a number that passes Luhn's check by chance is mostly outside of them.
_CARD_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|[689]\d)\d{11,16}"  # Diners
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"  # Discover, RuPay
    r"|(?:62|8[12])\d{14,17}"  # UnionPay, RuPay
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:50(?:18|19|20|38|6\d|9\d)|5893|6304|67(?:59|6[1-3]))\d{10,15}"  # Maestro, Dankort, Elo, Verve
    r"|220[0-4]\d{12,15}|9792\d{12}"  # Mir, Troy
)
_CARD_WORDS = _folded_words(
    *("credit", "debit", "card", "visa", "kreditkarte", "karte", "carte", "tarjeta", "carta", "cartão", "kaart", "kort", "kart")
)
_CARD_NAMED = re.compile(rf"(?i)(?<![a-z])(?:{_CARD_WORDS})(?: ?(?:number|no|nr|numero)\.?)?[ :=#.-]{{0,3}}$")


def _is_card(text: str, before: str) -> bool:
    digits = re.sub(r"\D", "", text)
    is_issued = bool(_CARD_ISSUERS.fullmatch(digits))
    # Thirteen digits are times in milliseconds and articles' numbers, except where a card is named.
    is_old_visa = len(digits) == 13 and digits.startswith("4") and bool(_CARD_NAMED.search(before))
    return (is_issued or is_old_visa) and luhn.is_valid(digits)


# ---- National ids --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _validator(name: str) -> Callable[[str], bool]:
    """The check of a national number, by its module in `stdnum`; they are imported when they are first needed."""
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    return check


# Numbers whose shape and check digits tell them by themselves: their check, and how they are written.
_STRONG_IDS = {
    "be.nn": r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d|\d{11}",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d\d",
    "ch.ssn": r"756\.\d{4}\.\d{4}\.\d\d|756\d{10}",
    "cl.rut": r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]",
    "cn.ric": r"\d{17}[\dXx]",
    "cz.rc": r"\d{6}/\d{4}",
    "es.dni": r"\d{8}-?[A-Z]",
    "es.nie": r"[XYZxyz]-?\d{7}-?[A-Za-z]",
    "fi.hetu": r"\d{6}[-+A]\d{3}[0-9A-Z]",
    "fr.nir": r"[1-478] ?\d\d ?\d\d ?(?:\d\d|2[ABab]) ?\d{3} ?\d{3} ?\d\d",
    "in_.aadhaar": r"\d{4} \d{4} \d{4}(?! ?\d)",
    "is_.kennitala": r"\d{6}-\d{4}",
    "it.codicefiscale": r"[A-Za-z]{6}\d\d[A-Za-z]\w\w[A-Za-z]\w{3}[A-Za-z]",
    "kr.rrn": r"\d{6}-\d{7}",
    "mx.curp": r"[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}[0-9A-Za-z]\d",
    "no.fodselsnummer": r"\d{6} ?\d{5}",
    "se.personnummer": r"(?:\d\d)?\d{6}[-+]\d{4}",
    "th.pin": r"\d-\d{4}-\d{5}-\d\d-\d",
    "us": r"\d{3}-\d\d-\d{4}",
    "gb": r"[A-Z]{2} \d\d \d\d \d\d [A-D]",
}
# What was never given out, among numbers that have no check digit: social security, and national insurance.
_WITHOUT_CHECK_DIGIT = {
    "us": re.compile(r"(?!000|666)\d{3}(?!00)\d\d(?!0000)\d{4}"),
    "gb": re.compile(r"(?![DFIQUV]|.[DFIOQUV]|BG|GB|KN|NK|NT|TN|ZZ)[A-Z]{2}\d{6}[A-D]"),
}
_STRONG_ID = re.compile(rf"(?<![\w.+-])(?<!\d[,:/])(?:{'|'.join(_STRONG_IDS.values())})(?![\w-]|[.,:/]\d)")


def _is_valid_id(name: str, text: str) -> bool:
    compact = re.sub("[ ./-]", "", text).upper()
    if name in _WITHOUT_CHECK_DIGIT:
        return bool(_WITHOUT_CHECK_DIGIT[name].fullmatch(compact))
    return _validator(name)(text) or _validator(name)(compact)


def _is_strong_id(text: str, _before: str) -> bool:
    return any(_is_valid_id(name, text) for name, shape in _STRONG_IDS.items() if re.fullmatch(shape, text))


# Numbers that only a word before them tells apart. Any of the checks may pass.
_WEAK_IDS = (
    *("at.vnr", "au.tfn", "be.nn", "bg.egn", "br.cpf", "ca.sin", "ch.ssn", "cl.rut", "cn.ric", "cz.rc", "de.idnr", "dk.cpr", "do.cedula"),
    *("ec.ci", "ee.ik", "es.dni", "es.nie", "fi.hetu", "fr.nif", "fr.nir", "gb", "gb.nhs", "gr.amka", "hr.oib", "ie.pps", "il.idnr"),
    *("in_.aadhaar", "is_.kennitala", "it.codicefiscale", "jp.in_", "kr.rrn", "lt.asmens", "mx.curp", "my.nric", "nl.bsn"),
    *(
        "no.fodselsnummer",
        "pk.cnic",
        "pl.pesel",
        "pt.nif",
        "ro.cnp",
        "se.personnummer",
        "si.emso",
        "th.pin",
        "tr.tckimlik",
        "us",
        "za.idnr",
    ),
)
_ID_WORDS = _folded_words(
    *("ssn", "social security", "tax[ _-]?id", "taxpayer", "itin", "nino", "national insurance", "national[ _-]?id", "nhs", "sin", "tfn"),
    *("steuer-?id", "steueridentifikationsnummer", "idnr", "svnr", "ahv", "avs", "sécurité sociale", "nir", "bsn", "burgerservicenummer"),
    *("rijksregisternummer", "cpf", "cédula", "rut", "curp", "dni", "nie", "nif", "codice fiscale", "pps", "aadhaar", "aadhar", "cnic"),
    *("nric", "pesel", "rodné číslo", "asmens kodas", "isikukood", "egn", "егн", "cnp", "oib", "emšo", "jmbg", "amka", "αμκα", "tckn"),
    *("kimlik", "teudat zehut", "personnummer", "fødselsnummer", "fodselsnummer", "cpr", "hetu", "henkilötunnus", "kennitala"),
    *("id ?number", "personal (?:id|number)", "identity (?:card|number)", "my ?number"),
)
# Scripts that set no blanks between words.
_JOINED_ID_WORDS = _folded_words("マイナンバー", "個人番号", "身份证", "身分證", "주민등록번호")
_NAMED = r"(?i)(?:(?<![^\W_])(?:%s)(?![^\W\d_])(?: ?(?:%s)(?![a-z])\.?)?|(?:%s)\w?)"
_NAMED_ID = re.compile(
    _NAMED % (_ID_WORDS, "is|number|no|nr|num|numer|code|n°", _JOINED_ID_WORDS)
    + r"[ .:=#-]{0,3}(?P<value>[A-Za-z0-9](?:[ ./-]?[A-Za-z0-9]){7,24})(?![^\W_])"
)


def _is_named_id(text: str, _before: str) -> bool:
    return bool(re.search(r"\d\D?\d\D?\d\D?\d", text)) and any(_is_valid_id(name, text) for name in _WEAK_IDS)


# ---- IP addresses --------------------------------------------------------------------------------------------------

# What goes on from five hexadecimal digits is the end of a hash: files of Segment's are named so, `a5d1e0b3.1.1.1.gz`.
_IP = re.compile(
    rf"(?<![\d.])(?<![vV])(?<![0-9a-fA-F]{{5}}){_IPV4}(?!\.?\d|\.(?:jar|tgz|tar|zip|whl|gem|dll|so|exe|deb|rpm|apk|nupkg|dmg|pkg|msi)\b)"
    r"|(?:(?<![0-9A-Za-z:.])|(?<=[g-zG-Z_]:))(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}"
    rf"(?:(?<=:){_IPV4}|(?<!:)|(?<=::))(?![0-9A-Za-z]|\.\d)"
)
_VERSION_NAMED = re.compile(
    r"(?i:version|(?<![a-z])(?:ver|release|build|firmware|revision|rev))s?\W{0,3}(?:(?:to|from|is)\W)?$"
    r"|(?<![^\s(;,\"'])[A-Z][A-Za-z]{1,30}/$"  # Product/1.2.3.4
    r"|[=<>~^]=$"  # package==1.2.3.4
)


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.strip(":") != ""


def _is_persons_ip(text: str, before: str) -> bool:
    """Whether it is an address, and of a device: not a version, the machine itself, or a whole network."""
    if ":" not in text:
        is_nobodys = text.endswith(".0.0.0") or text.startswith(("127.", "255."))
        # Few versions begin with a hundred or more, and those of browsers go on with numbers that no address has.
        is_version = int(text.split(".")[0]) < 100 and _VERSION_NAMED.search(before)
        return is_ip(text) and not is_nobodys and not is_version
    digits = re.sub("[:.]", "", text)
    # `std::ab`, `[1::2]`, `dead::beef` are code.
    is_told = len(digits) >= 4 and (text.count(":") > 3 or any(digit.isdigit() for digit in digits))
    return is_told and is_ip(text)


# ---- Phones --------------------------------------------------------------------------------------------------------

_EXTENSION = r"(?: ?(?:,|;)? ?(?i:ext\.?|extension|x|#|durchwahl|dw|poste|доб\.?|int\.?) ?\d{1,6})?"
_GROUPS = r"(?:[ ()./-]{0,3}\d){%s}"
_PHONE_END = r"(?!\w|[.,:/-]\d)"
_INTERNATIONAL = re.compile(rf"(?<![\w+])\(?\+ ?\(?\d{_GROUPS % '6,14'}{_EXTENSION}(?!\w)")
_DIALLED = re.compile(rf"(?<![\w+.-])(?<!\d[,:/])(?:00|011)[ ./-]\(?[1-9]{_GROUPS % '7,14'}{_EXTENSION}{_PHONE_END}")
# With an area code in brackets, with a leading zero, or in the American groups of three, three and four.
_NATIONAL = re.compile(
    r"(?<![\w+-])(?<!\d[.,:/])(?:"
    r"(?:1[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}"
    r"|555-\d{4}"
    r"|\(?0[1-9]\d{0,4}\)?(?:[ ()./-]{1,3}\d{2,8}){1,5}"
    r"|\(\d{1,4}\) ?\d{2,5}(?:[ -]\d{2,4}){1,3}"
    r"|8[ -]?\(?\d{3,5}\)?[ -]?\d{1,3}(?:[ -]\d\d){2}"
    rf"){_EXTENSION}{_PHONE_END}"
)
_PHONE_WORDS = _folded_words(
    *("tel", "telephone", "telefon", "telefono", "telefone", "telefoon", "telefonnummer", "tlf", "tfno", "puh", "phone", "cellphone"),
    *("cell", "mobile", "mobil", "mobiltelefon", "móvil", "celular", "handy", "gsm", "fax", "whatsapp", r"wa\.me/", "viber", "hotline"),
    *("call (?:me|us|him|her|them)", "ring (?:me|us)", "text me", "телефон", "тел", "моб", "τηλ", "τηλέφωνο"),
    *("फोन", "هاتف", "جوال", "טלפון", "☎", "☏", "📞", "📱"),
)
_JOINED_PHONE_WORDS = _folded_words("電話", "携帯", "电话", "手机", "手機", "전화", "โทร")
_NAMED_PHONE = re.compile(
    _NAMED % (_PHONE_WORDS, "at|on|back on|is|under|number|no|nr|num|nummer|n°", f"(?:{_JOINED_PHONE_WORDS})(?:番号|号码|號碼)?")
    + rf"[ :=#./-]{{0,3}}(?P<value>\(?\+?\(?\d{_GROUPS % '6,14'}{_EXTENSION})(?!\w|[.,:]\d)"
)
_DATE = re.compile(r"(?:\d{4}([./-])\d\d?\1\d\d?|\d\d?([ ./-])\d\d?\2(?:19|20)\d\d)(?!\d)|\d\d?\.\d\d?\. ?-")


@lru_cache(maxsize=1)
def _regions() -> tuple[str, ...]:
    """Regions whose people dial a zero, or an eight, before an area code or set it in brackets."""
    metadata = ((region, phonenumbers.PhoneMetadata.metadata_for_region(region)) for region in sorted(phonenumbers.SUPPORTED_REGIONS))
    return ("MX", *(region for region, plan in metadata if plan and plan.national_prefix in ("0", "06", "8")))


def _is_international(text: str, _before: str) -> bool:
    dialled = re.sub(r"^(?:00|011)[ ./-]", "+", text)
    try:
        number = phonenumbers.parse(dialled)
    except NumberParseException:
        return False
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def _is_valid_in(region: str, text: str) -> bool:
    """Whether a region has this number, and writes it in these groups."""
    try:
        is_valid = phonenumbers.is_valid_number_for_region(phonenumbers.parse(text, region), region)
    except NumberParseException:
        return False
    return is_valid and PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING, max_tries=1).has_next()


def _is_national(text: str, _before: str) -> bool:
    if _DATE.match(text):
        return False
    if text.startswith("555-"):
        return True
    if re.match(r"\(?[1-9]\d\d\)?[ .-]?\d{3}[ .-]\d{4}|1[ .-]", text):
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "US"))
    return len(re.findall(r"\d", text)) >= 8 and any(_is_valid_in(region, text) for region in _regions())


def _is_named_phone(text: str, _before: str) -> bool:
    return not _DATE.match(text) and not re.fullmatch(_IPV4, text)


# ---- The search ----------------------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    """`check` sees what the pattern proposes and what stands before it; of `grouped` characters it may also take the first groups."""

    class_: str
    pattern: re.Pattern[str]
    check: Callable[[str, str], bool]
    is_grouped: bool = True


# In the order in which they take what they find.
_RULES = (
    _Rule("email", _EMAIL, _is_email, is_grouped=False),
    _Rule("email", _SPELLED_EMAIL, _is_email, is_grouped=False),
    _Rule("iban", _IBAN, _is_iban),
    _Rule("card", _CARD, _is_card),
    _Rule("national_id", _NAMED_ID, _is_named_id),
    _Rule("national_id", _STRONG_ID, _is_strong_id, is_grouped=False),
    _Rule("phone", _NAMED_PHONE, _is_named_phone),
    _Rule("phone", _INTERNATIONAL, _is_international),
    _Rule("phone", _DIALLED, _is_international),
    _Rule("ip", _IP, _is_persons_ip, is_grouped=False),
    _Rule("phone", _NATIONAL, _is_national),
)
CLASSES = tuple(sorted({rule.class_ for rule in _RULES}))
_BEFORE = 40  # characters that a check sees before a find
_LAST_GROUP = re.compile(r"[^0-9A-Za-z]+[0-9A-Za-z]*$")


def mask(text: str, field: str = "") -> tuple[str, set[str]]:
    """The text with every piece of personal data replaced by its class, and the classes found. `field` is the name under which the
    text stands: a version is no address there as after the word."""
    copy = _copy(text)
    searched = copy.text
    # A name only ever excuses: what it added would be unknown to DuckDB's expression.
    name = f"{field} " if _VERSION_NAMED.search(f"{field} ") else ""
    found: list[tuple[int, int, str]] = []
    for rule in _RULES:
        spans = list(_spans(rule, searched, name))
        found += [(copy.starts[start], copy.ends[end - 1], rule.class_) for start, end in spans]
        # The next rules see gaps.
        searched = _replaced(searched, [(start, end, "\0" * (end - start)) for start, end in spans])
    found.sort()
    # Two finds may share an escape in the original; the first takes it.
    apart = [span for before, span in zip([(0, 0, ""), *found], found, strict=False) if span[0] >= before[1]]
    return _replaced(text, [(start, end, f"[{class_}]") for start, end, class_ in apart]), {class_ for _, _, class_ in found}


def _spans(rule: _Rule, text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a rule finds something in a text that stands under a name."""
    at = 0
    while match := rule.pattern.search(text, at):
        start, end = match.span("value" if "value" in rule.pattern.groupindex else 0)
        before = text[max(0, start - _BEFORE) : start] or name
        while not (is_found := rule.check(text[start:end], before)) and rule.is_grouped:
            last = _LAST_GROUP.search(text, start, end)
            if last is None:
                break
            end = last.start()
        if is_found:
            yield start, end
        at = end if is_found else match.start() + 1


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """The text with something else in the place of each span."""
    pieces = []
    done = 0
    for start, end, replacement in spans:
        pieces += [text[done:start], replacement]
        done = end
    return "".join((*pieces, text[done:]))


# ---- What DuckDB looks for -----------------------------------------------------------------------------------------


def _named_hint(words: str, suffixes: str, value: str) -> str:
    """A word before a number; those with blanks or of other scripts are suspicious anyway."""
    plain = "|".join(word for word in words.split("|") if word.isascii())
    return rf"(?:^|[^A-Za-z0-9])(?i:{plain})(?i:(?:{suffixes})\.?)?[:=#./-]{{0,3}}{value}"


def _iban_hint() -> str:
    """The beginning of every country's numbers, up to the sixth character of the account."""
    codes: dict[str, list[str]] = {}
    for country in numdb.get("iban").prefixes:
        structure = re.findall(r"(\d+)!([nac])", country[3]["bban"])
        kinds = "".join(kind * int(count) for count, kind in structure)[:6]
        codes.setdefault("".join("-?" + {"n": r"\d", "a": "[A-Z]", "c": "[A-Z0-9]"}[kind] for kind in kinds), []).append(country[1])
    return "|".join(rf"(?i:(?:{'|'.join(countries)})\d\d{account})" for account, countries in codes.items())


# The beginnings of what the rules find in a word without blanks, as few and as plain as they can be. What begins at the edge of a
# word costs least: in the midst of one, every character would keep the engine's attempts alive.
_HINTS = (
    r"[^\x21-\x7e]",
    r"@",
    r"%[0-9A-Fa-f][0-9A-Fa-f]|\\[ux]|&#|&[A-Za-z]{2,10};",
    r"[\[({<](?i:at|@|arroba|dot|\.|punkt|punto|point)[\])}>]",
    r"\d\.\d{1,3}\.\d{1,3}\.\d",
    r"::[0-9A-Fa-f]|[0-9A-Fa-f]::|(?:[0-9A-Fa-f]{1,4}:){6}",
    r"\+\(?\d",
    r"(?:^|[^0-9A-Za-z.]|\D\.)(?:\d(?:-?\d){13}|\d{4}\.\d{4}\.\d{4}\.\d{4})",
    rf"(?:^|[^0-9A-Za-z])(?:{_iban_hint()})",
    rf"(?:^|[^\w.+-])(?:{'|'.join(shape.replace(' ?', '') for shape in _STRONG_IDS.values() if '(?!' not in shape)})(?:$|[^\w-])",
    r"(?:^|[^\w+-])(?:(?:1[.-])?\(\d{1,5}\)[.-]?\d|(?:1[.-])?[2-9]\d\d[.-][2-9]\d\d[.-]\d{4}|555-\d{4}|8-?\(?\d{3,5}\)?-?\d{1,3}-\d\d-\d\d)",
    r"(?:^|[^\w+:./,-]|[^\d][:./,])\(?(?:0[1-9]\d{0,4}[)./-]|00[./-][1-9])",
    _named_hint(_CARD_WORDS, "number|no|nr|numero", r"4\d{12}"),
    _named_hint(_ID_WORDS, "is|number|no|nr|num|numer|code", r"[A-Za-z0-9](?:[./-]?[A-Za-z0-9]){7}"),
    _named_hint(_PHONE_WORDS, "at|on|is|under|number|no|nr|num|nummer", r"[(+]{0,3}\d(?:[()./-]{0,3}\d){6}"),
)
SUSPICIOUS_TEXT = "|".join(_HINTS)
