"""Texts that hold something personal, by class: values in the formats of many countries, in sentences, records and disguises."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import quote

from privacy_corpus import check_digits as checked


@dataclass(frozen=True)
class Sample:
    """A text, the class of what is personal in it, and that itself as it is spelled."""

    class_: str
    text: str
    value: str


_LOCALS = (
    *("jane.roe", "jane+shop", "j_roe-1980", "o'brien", '"jane roe"', "JANE", "4711", "r", "rené.müller", "王芳", "иван.петров", "γιώργος"),
    *("jane.roe+tag-99", "first.middle.last", "info", "jürgen", "mañana", "ਜੇਨ", "user%name", "team!jane"),
)
_DOMAINS = (
    *(
        "example.com",
        "mail.example.org",
        "example.net",
        "shop.example.co.uk",
        "a-b.example",
        "jane.invalid",
        "server.test",
        "example.museum",
    ),
    *("münchen.example", "xn--mnchen-3ya.example", "例え.テスト", "пример.испытание", "[203.0.113.9]", "[IPv6:2001:db8::1]", "203.0.113.9"),
)


def _emails() -> list[str]:
    plain = [f"{local}@{domain}" for local, domain in zip(_LOCALS * 6, cycle(_DOMAINS), strict=False)]
    hidden = [
        template.format(local, name, top)
        for local in ("jane", "jane.roe")
        for name, top in (("example", "com"), ("mail.example", "org"))
        for template in (
            *(
                "{} (at) {}.{}",
                "{}(at){}(dot){}",
                "{} [at] {} [dot] {}",
                "{}[at]{}.{}",
                "{} at {} dot {}",
                "{}{{at}}{}.{}",
                "{} <at> {}.{}",
            ),
            *(
                "{}%40{}.{}",
                "{}%2540{}.{}",
                "{}&#64;{}.{}",
                "{}&#x40;{}&#46;{}",
                "{}&commat;{}&period;{}",
                "{}\\u0040{}.{}",
                "{}\\x40{}.{}",
            ),
            *("{}\uff20{}.{}", "{}\ufe6b{}.{}", "{}@{}\u3002{}", "{}@{}\uff0e{}", "{}\u200b@\u200b{}.{}", "{}@{}\u2024{}"),
        )
    ]
    return plain + hidden


_PHONES = (
    # America: 555-0100 to 555-0199 are kept for fiction.
    *("+1 202 555 0142", "+12025550142", "+1-202-555-0142", "+1 (202) 555-0142", "(202) 555-0142", "(202)555-0142", "202-555-0142"),
    *(
        "202.555.0142",
        "202 555 0142",
        "1-202-555-0142",
        "555-0142",
        "+1 202 555 0142 ext. 9",
        "202-555-0142 x123",
        "(202) 555-0142 extension 7",
    ),
    *(
        "+1.604.555.0123",
        "1 (416) 555-0187",
        "001 202 555 0142",
        "011 44 20 7946 0123",
        "+1 876 555 0100",
        "212-555-0199",
        "(787) 555-0155",
    ),
    # Britain: Ofcom's numbers for drama.
    *("020 7946 0123", "(020) 7946 0123", "0113 496 0123", "0114-496-0456", "0115 496 0999", "0116 496 0001", "0117 496 0555"),
    *("0118 496 0222", "0121 496 0333", "0131 496 0444", "0141 496 0666", "0151 496 0777", "0161 496 0888", "0191 498 0111"),
    *("028 9649 6123", "029 2018 0123", "07700 900123", "07700 900 456", "03069 990123", "+44 20 7946 0018", "+44 (0)20 7946 0018"),
    *("(+44) 20 7946 0018", "+442079460018", "+44 7700 900123", "+44 1632 960123", "00 44 20 7946 0018", "+44-131-496-0444"),
    # Australia: kept for fiction.
    *("(02) 5550 1234", "(03) 7010 4321", "(07) 5550 9876", "(08) 5550 0000", "0491 570 006", "0491 570 156", "+61 491 570 157"),
    *("+61 2 5550 1234", "+61 (0)2 5550 1234", "02 5550 1234"),
    # France: kept for fiction.
    *("01 99 00 12 34", "01.99.00.12.34", "01-99-00-12-34", "02 61 91 23 45", "03 53 01 67 89", "04 65 71 11 22", "05 36 49 33 44"),
    *("06 39 98 12 34", "06.39.98.56.78", "+33 1 99 00 12 34", "+33 6 39 98 12 34", "+33 (0)6 39 98 12 34", "00 33 6 39 98 12 34"),
    # Germany: kept for fiction.
    *("030 23125 123", "030/23125 456", "(030) 23125-789", "069 90009 012", "040 66969 345", "0221 4710 678", "089 99998 901"),
    *(
        "0152 28817386",
        "0171 3920012",
        "0171/3920034",
        "0172 9925256",
        "+49 30 23125 123",
        "+49 (0)30 23125-123",
        "+49-171-3920056",
        "+4915228817386",
    ),
    # Sweden, Hungary, Ireland: kept for fiction.
    *("08-465 004 12", "031-390 06 12", "040-628 04 12", "070-174 06 12", "0980-319 212", "+46 8 465 004 12", "+46 70 174 06 12"),
    *("+36 55 123 456", "(06 55) 123 456", "+353 20 912 3456"),
    # Elsewhere: invented.
    *(
        "+31 6 12345678",
        "06-12345678",
        "06 12345678",
        "+31 20 123 4567",
        "020-1234567",
        "+32 470 12 34 56",
        "0470 12 34 56",
        "0470/12.34.56",
    ),
    *("+43 664 123456", "0664 123456", "+41 78 123 45 67", "078 123 45 67", "+39 312 345 6789", "+39 06 1234 5678", "06 1234 5678"),
    *("+34 612 34 56 78", "+34 612345678", "+351 912 345 678", "+48 512 345 678", "+420 601 123 456", "+421 912 123 456", "0912 123 456"),
    *("+45 32 12 34 56", "+47 406 12 345", "+358 41 2345678", "041 2345678", "+354 611 1234", "+30 691 234 5678", "+90 501 234 56 78"),
    *("0501 234 56 78", "+7 912 345-67-89", "8 (912) 345-67-89", "8-912-345-67-89", "+380 50 123 4567", "050 123 4567", "+40 712 034 567"),
    *("0712 034 567", "+359 43 012 345", "+385 92 123 4567", "092 123 4567", "+972 50-234-5678", "050-234-5678", "+20 100 123 4567"),
    *("+971 50 123 4567", "+966 51 234 5678", "+27 71 123 4567", "071 123 4567", "+234 802 123 4567", "0802 123 4567", "+254 712 123456"),
    *("+91 81234 56789", "081234 56789", "+92 301 2345678", "0301 2345678", "+880 1812-345678", "+94 71 234 5678", "+81 90-1234-5678"),
    *("090-1234-5678", "03-1234-5678", "(03) 1234-5678", "+82 10-2000-0000", "010-2000-0000", "02-2123-4567", "+86 131 2345 6789"),
    *("+86 10 1234 5678", "+886 912 345 678", "0912 345 678", "+852 5123 4567", "+65 8123 4567", "+66 81 234 5678", "081 234 5678"),
    *("+62 812-345-678", "0812-345-678", "+60 12-345 6789", "012-345 6789", "+63 905 123 4567", "0905 123 4567", "+84 912 345 678"),
    *(
        "+55 11 96123-4567",
        "(11) 96123-4567",
        "(21) 2123-4567",
        "+52 222 123 4567",
        "+54 9 11 2345-6789",
        "+57 321 1234567",
        "+56 2 2123 4567",
    ),
    *("+51 912 345 678", "+64 21 123 4567", "021 123 4567"),
)
# Numbers that say nothing by themselves, each with the word that does.
_NAMED_PHONES = (
    *("tel:2025550142", "Tel. 2025550142", "phone: 2025550142", "Phone number 2025550142", "call me at 555 0142", "fax 020 79460123"),
    *(
        "Tel.: 030 23125123",
        "Telefon 03023125123",
        "Handy: 015228817386",
        "Mobil 01713920012",
        "tel: 0199001234",
        "téléphone : 01 99001234",
    ),
    *(
        "móvil 612345678",
        "teléfono: 912 345 678",
        "telefone 912345678",
        "celular: 11961234567",
        "telefoon 0612345678",
        "tlf 40612345",
        "Tlf. 32 12 34 56",
    ),
    *(
        "puh 0412345678",
        "mobile 07700900123",
        "mobile no. 9812345678",
        "whatsapp 5511961234567",
        "https://wa.me/12025550142",
        "GSM: 0470123456",
    ),
    *(
        "тел. 89123456789",
        "телефон 8 912 345 67 89",
        "電話 0312345678",
        "电话：13123456789",
        "手机13123456789",
        "我的电话是13123456789",
        "携帯：09012345678",
    ),
    *(
        "전화 0212345678",
        "☎ 2025550142",
        "📞 020 79460123",
        "هاتف 0501234567",
        "फोन 9812345678",
        "τηλ. 2101234567",
        "text me 2025550142",
        "โทร 0812345678",
    ),
)

_ADDRESSES = (
    *(f"{network}.{host}" for network in ("192.0.2", "198.51.100", "203.0.113") for host in (1, 9, 44, 77, 128, 200, 254)),
    *("10.1.2.3", "172.16.254.1", "192.168.0.17", "100.64.3.2", "2001:db8::1", "2001:DB8::1", "2001:db8:0:0:0:0:0:1"),
    *(
        "2001:0db8:0000:0000:0000:0000:0000:0001",
        "2001:db8:85a3::8a2e:370:7334",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "2001:db8::",
        "fe80::1c2d:3eff:fe4f:5a6b",
    ),
    *(
        "::ffff:203.0.113.9",
        "::ffff:c000:0209",
        "64:ff9b::203.0.113.9",
        "64:ff9b::c000:209",
        "2001:db8::203.0.113.9",
        "2001:db8:1:2:3:4:5:6",
        "fd12:3456:789a:1::1",
    ),
    *("2001:db8:a::123", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
)

# Test numbers that payment companies publish.
_CARDS = (
    *(
        "4242424242424242",
        "4000056655665556",
        "5555555555554444",
        "2223003122003222",
        "5200828282828210",
        "5105105105105100",
        "378282246310005",
    ),
    *(
        "371449635398431",
        "6011111111111117",
        "6011000990139424",
        "3056930009020004",
        "36227206271667",
        "3566002020360505",
        "6200000000000005",
    ),
    *(
        "6205500000000000004",
        "4111111111111111",
        "4012888888881881",
        "30569309025904",
        "38520000023237",
        "3530111333300000",
        "5019717010103742",
    ),
)


def _cards(draw: random.Random) -> list[str]:
    prefixes = (
        ("4", 16),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("2720", 16),
        ("34", 15),
        ("37", 15),
        ("6011", 16),
        ("65", 16),
        ("3528", 16),
    )
    rarer = (("36", 14), ("300", 14), ("62", 16), ("62", 19), ("6759", 16), ("2200", 16), ("9792", 16), ("4", 19), ("81", 16), ("5018", 16))
    made = [checked.luhn(prefix + _digits(draw, length - len(prefix) - 1)) for prefix, length in (*prefixes, *rarer) for _ in range(2)]
    numbers = [*_CARDS, *made]
    grouped = [separator.join(_card_groups(number)) for number in numbers for separator in (" ", "-")]
    return [*numbers, *grouped, *(".".join(_card_groups(number)) for number in numbers if len(number) == 16), "visa 4222222222222"]


def _card_groups(number: str) -> list[str]:
    if len(number) in (14, 15):
        return [number[:4], number[4:10], number[10:]]
    return [number[start : start + 4] for start in range(0, len(number), 4)]


# How each country builds an account: letters, digits, or either.
_STRUCTURES = (
    "AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BR:23n1a1c BY:4c4n16c CH:5n12c CR:18n "
    "CY:8n16c CZ:20n DE:18n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c "
    "GL:14n GR:7n16c GT:4c20c HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c "
    "LB:4n20c LI:5n12c LT:16n LU:3n13c LV:4a13c MC:10n11c2n MD:2c18c ME:18n MK:3n10c2n MR:23n MT:4a5n18c MU:4a19n3a "
    "NL:4a10n NO:11n PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n SA:2n18c SE:20n SI:15n SK:20n SM:1a10n12c "
    "TN:20n TR:5n1n16c UA:6n19c VG:4a16n XK:16n VA:18n SC:4a20n3a LC:4a24c ST:21n SV:4a20n TL:19n"
)
_ACCOUNTS = {country: structure for country, _, structure in (each.partition(":") for each in _STRUCTURES.split())}
_PUBLISHED_IBANS = (
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
    "ES9121000418450200051332",
)


def _ibans(draw: random.Random) -> list[str]:
    numbers = [*_PUBLISHED_IBANS, *(checked.iban(country, _account(draw, structure)) for country, structure in _ACCOUNTS.items())]
    forms: tuple[Callable[[str], str], ...] = (
        lambda number: number,
        lambda number: " ".join(_quads(number)),
        lambda number: "-".join(_quads(number)),
        str.lower,
        lambda number: " ".join(_quads(number.lower())),
    )
    return [form(number) for number, form in zip(numbers * 2, cycle(forms), strict=False)]


def _quads(number: str) -> list[str]:
    return [number[start : start + 4] for start in range(0, len(number), 4)]


def _account(draw: random.Random, structure: str) -> str:
    alphabets = {"n": "0123456789", "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "c": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    account, count = "", ""
    for letter in structure:
        if letter.isdigit():
            count += letter
        else:
            account += "".join(draw.choices(alphabets[letter], k=int(count)))
            count = ""
    return account


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def _made(make: Callable[[], str | None], count: int) -> list[str]:
    """The first numbers that have a check digit."""
    numbers = (make() for _ in range(100 * count))
    return [number for number in numbers if number is not None][:count]


def _born(draw: random.Random, order: str) -> str:
    parts = {"y": f"{draw.randint(40, 99):02d}", "m": f"{draw.randint(1, 12):02d}", "d": f"{draw.randint(1, 28):02d}"}
    return "".join(parts[part] for part in order)


def _national_ids(draw: random.Random) -> list[str]:
    """Numbers that tell what they are by their shape."""

    def spaced(number: str, *lengths: int, by: str = " ") -> str:
        groups, start = [], 0
        for length in lengths:
            groups.append(number[start : start + length])
            start += length
        return by.join(groups)

    def swedish() -> str:
        date = _born(draw, "ymd")
        number = checked.luhn(date + _digits(draw, 3))
        return draw.choice(("", "19")) + f"{number[:6]}-{number[6:]}"

    def brazilian() -> str:
        number = checked.brazilian_cpf(_digits(draw, 9))
        return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"

    def french() -> str:
        digits = f"{draw.choice('12')}{draw.randint(40, 99)}{draw.randint(1, 12):02d}{draw.randint(1, 95):02d}{_digits(draw, 6)}"
        number = checked.french_nir(digits)
        return draw.choice((number, spaced(number, 1, 2, 2, 2, 3, 3, 2)))

    def belgian() -> str:
        number = checked.belgian_number(_born(draw, "ymd") + f"{draw.randint(1, 997):03d}")
        return draw.choice((number, f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"))

    def italian() -> str:
        letters = "".join(draw.choices("BCDFGLMNPRSTV", k=6))
        month, place = draw.choice("ABCDEHLMPRST"), draw.choice(("A001", "F205", "H501", "L219"))
        return checked.italian_code(f"{letters}{draw.randint(40, 99)}{month}{draw.randint(1, 28):02d}{place}")

    def korean() -> str:
        number = checked.korean_number(f"{_born(draw, 'ymd')}{draw.choice('12')}{draw.randint(0, 95):02d}{_digits(draw, 3)}")
        return f"{number[:6]}-{number[6:]}"

    def chinese() -> str:
        return checked.chinese_id(f"110105{draw.randint(1950, 2005)}{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}{_digits(draw, 3)}")

    def chilean() -> str:
        number = checked.chilean_rut(str(draw.randint(5_000_000, 25_000_000)))
        return f"{number[:-7]}.{number[-7:-4]}.{number[-4:-1]}-{number[-1]}"

    def icelandic() -> str | None:
        number = checked.icelandic_number(_born(draw, "dmy") + f"{draw.randint(20, 99)}", "9")
        return number and f"{number[:6]}-{number[6:]}"

    def mexican() -> str:
        letters, gender, place, inner = (
            draw.choice(words) for words in (("GOMC", "PERJ", "ROLM"), "HM", ("DF", "JC", "NL"), ("RRL", "NTS", "MRB"))
        )
        return checked.mexican_curp(f"{letters}{_born(draw, 'ymd')}{gender}{place}{inner}0")

    makers: tuple[Callable[[], str | None], ...] = (
        *(swedish, brazilian, french, belgian, italian, korean, chinese, chilean, icelandic, mexican),
        lambda: f"{draw.randint(1, 665):03d}-{draw.randint(1, 99):02d}-{draw.randint(1, 9999):04d}",
        lambda: spaced(f"{draw.choice(('AB', 'CE', 'JM', 'WP'))}{_digits(draw, 6)}{draw.choice('ABCD')}", 2, 2, 2, 2, 1),
        lambda: checked.spanish_dni(_digits(draw, 8)),
        lambda: checked.spanish_nie(draw.choice("XYZ"), _digits(draw, 7)),
        lambda: spaced(checked.verhoeff(draw.choice("23456789") + _digits(draw, 10)), 4, 4, 4),
        lambda: checked.norwegian_number(_born(draw, "dmy") + f"{draw.randint(0, 499):03d}"),
        lambda: spaced(checked.swiss_number("756" + _digits(draw, 9)), 3, 4, 4, 2, by="."),
        lambda: checked.finnish_code(_born(draw, "dmy"), f"{draw.randint(2, 899):03d}"),
        lambda: spaced(checked.thai_id(draw.choice("1235") + _digits(draw, 11)), 1, 4, 5, 2, 1, by="-"),
    )
    return [number for make in makers for number in _made(make, 7)]


def _named_ids(draw: random.Random) -> list[tuple[str, str]]:
    """Numbers that only the word before them tells apart: the words, and the number."""

    def german() -> str:
        digits = draw.sample("0123456789", 10)
        digits[draw.randint(1, 9)] = digits[0]
        return checked.german_tax_id("".join(digits)) if digits[0] != "0" else german()

    makers: tuple[tuple[tuple[str, ...], Callable[[], str | None]], ...] = (
        (
            ("SSN: {}", "social security number {}", "ssn={}"),
            lambda: f"{draw.randint(1, 665):03d}{draw.randint(1, 99):02d}{draw.randint(1, 9999):04d}",
        ),
        (("Steuer-ID {}", "Steueridentifikationsnummer: {}", "IdNr. {}"), german),
        (("BSN {}", "bsn: {}", "burgerservicenummer {}"), lambda: checked.dutch_bsn(draw.choice("123456789") + _digits(draw, 7))),
        (("CPF {}", "cpf: {}", "cpf={}"), lambda: checked.brazilian_cpf(_digits(draw, 9))),
        (("Aadhaar {}", "aadhaar no: {}", "AADHAAR={}"), lambda: checked.verhoeff(draw.choice("23456789") + _digits(draw, 10))),
        (("マイナンバー {}", "マイナンバーは{}", "my number: {}"), lambda: checked.japanese_number(_digits(draw, 11))),
        (("PESEL {}", "pesel: {}", "PESEL nr {}"), lambda: checked.polish_pesel(_born(draw, "ymd") + _digits(draw, 4))),
        (("NINO {}", "national insurance number: {}", "nino={}"), lambda: f"AB{_digits(draw, 6)}{draw.choice('ABCD')}"),
        (("NHS {}", "NHS number: {}", "nhs no {}"), lambda: checked.british_nhs(draw.choice("49") + _digits(draw, 8))),
        (("TCKN {}", "kimlik no: {}", "tckn={}"), lambda: checked.turkish_number(draw.choice("123456789") + _digits(draw, 8))),
        (("personnummer {}", "Personnummer: {}", "personnummer={}"), lambda: checked.luhn(_born(draw, "ymd") + _digits(draw, 3))),
        (("DNI {}", "dni: {}", "dni={}"), lambda: checked.spanish_dni(_digits(draw, 8)).lower()),
    )
    return [(words, number) for texts, make in makers for words, number in zip(texts, _made(make, len(texts)), strict=True)]


_SENTENCES = (
    *(
        "{}",
        "Please write to {} before Friday.",
        "customer said {} and hung up",
        "kontakt={}",
        '{{"note":"{}"}}',
        "a;b;{};d",
        "Contact: {}.",
        "({})",
    ),
    *(
        "Bitte melden Sie sich unter {} bei uns.",
        "Merci de répondre à {} demain",
        "Escriba a {}, por favor",
        "お問い合わせは {} まで",
        "Пишите: {}",
        "[{}]",
    ),
    *(
        "user\t{}\tok",
        "first line\n{}\nlast line",
        "<b>{}</b>",
        "'{}'",
        "id 17, {} (verified)",
        "2026-03-01 09:12:44 INFO from {} accepted",
    ),
)


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _in_digits(zero: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(zero + int(letter)) if letter in "0123456789" else letter for letter in text)


def _sprinkled(invisible: str) -> Callable[[str], str]:
    """With a character that nobody sees in the middle, and one more before the end."""
    return lambda text: f"{text[: len(text) // 2]}{invisible}{text[len(text) // 2 : -1]}{invisible}{text[-1]}"


_DISGUISES: tuple[Callable[[str], str], ...] = (
    *(_wide, _in_digits(0x660), _in_digits(0x6F0), _in_digits(0x966), _in_digits(0x9E6), _in_digits(0x1D7CE)),
    *(
        _sprinkled(invisible)
        for invisible in ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200f", "\u202e", "\u2066", "\u0301")
    ),
    *(lambda text, dash=dash: text.replace("-", dash) for dash in ("\u2010", "\u2011", "\u2013", "\u2212")),
    *(lambda text, blank=blank: text.replace(" ", blank) for blank in ("\u00a0", "\u202f", "\u2009", "\u3000")),
    *(quote, lambda text: quote(quote(text)), lambda text: "".join(f"&#{ord(letter)};" for letter in text)),
    *(lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text), lambda text: text.replace(".", "\u3002").replace("@", "\ufe6b")),
    lambda text: text.replace("A", "\u0410").replace("B", "\u0412").replace("E", "\u0415").replace("0", "\uff10"),
)
_BARE = {
    "email": "jane.roe@example.com",
    "phone": "+1 202-555-0142",
    "ip": "203.0.113.9",
    "card": "4242 4242 4242 4242",
    "iban": "DE89 3704 0044 0532 0130 00",
}


def positives() -> list[Sample]:
    """The same in every run; no text twice."""
    draw = random.Random(11)
    values = {
        "email": _emails(),
        "phone": list(_PHONES),
        "ip": list(_ADDRESSES),
        "card": _cards(draw),
        "iban": _ibans(draw),
        "national_id": _national_ids(draw),
    }
    samples = [
        Sample(class_, sentence.format(value), value)
        for class_, found in values.items()
        for value, sentence in zip(found, cycle(_SENTENCES), strict=False)
    ]
    samples += [Sample("phone", f"{text} please", _number_of(text)) for text in _NAMED_PHONES]
    samples += [Sample("national_id", f"{words.format(number)}, thanks", number) for words, number in _named_ids(draw)]
    samples += [Sample("ip", f"{text}", value) for text, value in _addresses_in_use()]
    samples += list(_disguised(values["national_id"][0]))
    return list(dict.fromkeys(samples))


def _number_of(text: str) -> str:
    first = next(place for place, letter in enumerate(text) if letter.isdigit())
    return text[first:]


def _addresses_in_use() -> Iterator[tuple[str, str]]:
    for value in ("203.0.113.9", "198.51.100.77"):
        for text in (
            "{}:8443",
            "{}/24",
            "http://{}/path",
            "https://{}:80/?a=b",
            "from {}.",
            "host={};",
            "X-Forwarded-For: {}, 10.0.0.1",
        ):
            yield text.format(value), value
        yield f"localhost/{value}:9200 refused", value
    for text in ("[{}]:443", "http://[{}]/", "{}/64", "addr:{}", "{}: connection refused", "{}%eth0", "inet6 {} prefixlen 64"):
        yield text.format("2001:db8:85a3::8a2e:370:7334"), "2001:db8:85a3::8a2e:370:7334"


def _disguised(national_id: str) -> Iterator[Sample]:
    for class_, value in {**_BARE, "national_id": national_id}.items():
        for disguise in _DISGUISES:
            disguised = disguise(value)
            yield Sample(class_, f"see {disguised} there", disguised)


# What the scanner is known to miss in a label; in a word or an undeclared field, those with blanks are `[text]` nevertheless.
LIMITS = {
    "a name": "Quintilla",
    "a phone as bare digits, without a word before it": "2025550142",
    "a phone without leading zero or brackets, without a word before it": "612 34 56 78",
    "a phone with fewer than seven digits": "tel. 31234",
    "a national number that its digits alone do not tell, without a word before it": "123456782",
    "a card of thirteen digits, without a word before it": "4222222222222",
    "an address with blanks around its at sign": "jane @ example.com",
    "an IP address that a word before it calls a version": "version 10.1.2.3",
    "a passport, a driving licence": "C01X00T47",
    "a date of birth": "1980-05-02",
    "a postal address": "742 Featherstone Crescent",
    "a number spelled in words": "five five five zero one four two",
    "the address of a device's network card": "00:1b:44:11:3a:b7",
}
