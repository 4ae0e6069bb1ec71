"""The scanner for personal data: how much it finds of a labelled corpus, and that nothing it finds escapes DuckDB's expression."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import duckdb
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_corpus import machines, people
from project import ROOT

from ingestion.privacy import SUSPICIOUS_JSON, Scrubber
from ingestion.scanner import CLASSES, SUSPICIOUS_TEXT, mask

POSITIVES = people.positives()
NEGATIVES = machines.negatives()

# What must be found at least, and be taken at most for something that it is not.
LEAST_FOUND = {"card": 0.99, "email": 0.99, "iban": 0.99, "ip": 0.99, "national_id": 0.98, "phone": 0.98}
MOST_MISTAKEN = {"card": 0.002, "email": 0.0005, "iban": 0.0005, "ip": 0.0005, "national_id": 0.0005, "phone": 0.001}
MOST_MISTAKEN_OF_ALL = 0.002


def is_found(sample: people.Sample) -> bool:
    masked, found = mask(sample.text)
    return sample.class_ in found and sample.value not in masked


FOUND = {class_: [is_found(sample) for sample in POSITIVES if sample.class_ == class_] for class_ in CLASSES}
MISTAKEN = {text: mask(text)[1] for _, text in NEGATIVES}


def table(header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %"


def written_at_home() -> str:
    """How many of the example numbers of all countries' plans are found as people write them at home."""
    numbers = [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]
    rows: list[list[str | int]] = []
    for way, before in (("alone", ""), ("after a word", "tel. ")):
        found = sum("phone" in mask(f"{before}{number}")[1] for number in numbers)
        rows.append([way, len(numbers), found, rate(found, len(numbers))])
    return table(["example numbers, fixed and mobile", "numbers", "found", "share"], rows)


def measured() -> tuple[str, ...]:
    """What the documentation tells: by class, by kind of the texts that hold nothing, and of phones from outside of the corpus."""
    mistaken = Counter(class_ for classes in MISTAKEN.values() for class_ in classes)
    by_class: list[list[str | int]] = [
        [f"`[{class_}]`", len(found), sum(found), rate(sum(found), len(found)), mistaken[class_], rate(mistaken[class_], len(NEGATIVES))]
        for class_, found in FOUND.items()
    ]
    kinds = Counter(kind for kind, _ in NEGATIVES)
    masked = Counter(kind for kind, text in NEGATIVES if MISTAKEN[text])
    by_kind: list[list[str | int]] = [[kind, count, masked[kind], rate(masked[kind], count)] for kind, count in kinds.items()]
    by_kind.append(["**all**", len(NEGATIVES), masked.total(), rate(masked.total(), len(NEGATIVES))])
    return (
        table(["class", "texts that hold one", "found", "share", "seen where there is none", "share"], by_class),
        table(["texts that hold nothing", "texts", "masked", "share"], by_kind),
        written_at_home(),
    )


def test_the_corpus_is_large_and_covers_every_class() -> None:
    assert len(POSITIVES) >= 600
    assert len(NEGATIVES) >= 2_000
    assert set(FOUND) == set(LEAST_FOUND) == set(MOST_MISTAKEN)
    assert all(len(found) >= 80 for found in FOUND.values())
    assert [sample for sample in POSITIVES if sample.value not in sample.text] == []


@pytest.mark.parametrize("class_", CLASSES)
def test_nearly_all_that_is_personal_is_found(class_: str) -> None:
    print(measured()[0])
    missed = [sample.text for sample in POSITIVES if sample.class_ == class_ and not is_found(sample)]
    assert sum(FOUND[class_]) / len(FOUND[class_]) >= LEAST_FOUND[class_], missed


@pytest.mark.parametrize("class_", CLASSES)
def test_hardly_anything_else_is_taken_for_it(class_: str) -> None:
    print(measured()[1])
    mistaken = [text for text, classes in MISTAKEN.items() if class_ in classes]
    assert len(mistaken) / len(NEGATIVES) <= MOST_MISTAKEN[class_], mistaken


def test_hardly_anything_is_masked_without_need() -> None:
    mistaken = [text for text, classes in MISTAKEN.items() if classes]
    assert len(mistaken) / len(NEGATIVES) <= MOST_MISTAKEN_OF_ALL, mistaken


def test_the_documentation_tells_what_is_measured() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    for expected in measured():
        assert expected in page, f"docs/privacy.md must hold\n{expected}"


def test_a_number_of_every_country_is_found() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        number = phonenumbers.example_number(region)
        assert number is not None
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        assert mask(f"ring {written}, please") == ("ring [phone], please", {"phone"}), region


def test_what_is_known_to_be_missed_is_missed_and_documented() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    for limit, text in people.LIMITS.items():
        assert mask(text) == (text, set()), limit
        assert f"- {limit}: `{text}`" in page, f"docs/privacy.md must hold\n- {limit}: `{text}`"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Jane\u200b <jane\u00ad.roe@example.com>\u200b!", "Jane\u200b <[email]>\u200b!"),
        ("Ruf \uff0b\uff11 \uff12\uff10\uff12 \uff15\uff15\uff15 \uff10\uff11\uff14\uff12 jetzt", "Ruf [phone] jetzt"),
        ("a%20b?x=jane%40example.com&y=%C3%BC", "a%20b?x=[email]&y=%C3%BC"),
        ("4242 4242 4242 4242 and DE89370400440532013000, or 203.0.113.9:80", "[card] and [iban], or [ip]:80"),
        ("4242424242424242 12/27 123", "[card] 12/27 123"),
        ("from ::ffff:203.0.113.9 to [2001:db8::1]:443", "from [ip] to [[ip]]:443"),
        ("jane@example.com,john@example.com;+12025550142/+12025550143", "[email],[email];[phone]/[phone]"),
    ],
)
def test_what_stands_around_a_find_stays_as_it_was_spelled(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


def test_a_version_is_no_address_under_its_name_and_an_address_is_one_elsewhere() -> None:
    for field in ("app_version", "appVersion", "firmware", "build", "modelVersion"):
        assert mask("10.1.2.3", field) == ("10.1.2.3", set())
    assert mask("203.0.113.9", "app_version") == ("[ip]", {"ip"})
    for field in ("", "server", "driver", "contact"):
        assert mask("10.1.2.3", field) == ("[ip]", {"ip"})
    assert mask("4222222222222", "card") == mask("4222222222222") == ("4222222222222", set())
    document = json.dumps({"sdk_version": "10.1.2.3", "peer": "10.1.2.3", "history": {"versions": ["10.1.2.3"]}})
    assert json.loads(Scrubber(b"key").document("extra", document)) == {
        "sdk_version": "10.1.2.3",
        "peer": "[ip]",
        "history": {"versions": ["10.1.2.3"]},
    }


# ---- What the scanner finds, DuckDB's expression finds -------------------------------------------------------------


def not_suspicious(texts: Sequence[str], expression: str) -> list[str]:
    with duckdb.connect() as connection:
        found = connection.execute("select text from unnest(?) as t(text) where not regexp_matches(text, ?)", [list(texts), expression])
        return [text for (text,) in found.fetchall()]


VALUES = sorted({sample.value for sample in POSITIVES} | {sample.text for sample in POSITIVES})
PLAIN = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=4)
SEPARATORS = " .-/()"


@st.composite
def varied(draw: st.DrawFn) -> str:
    """A value of the corpus between other characters, perhaps with other separators, in other case, or cut short."""
    value = draw(st.sampled_from(VALUES))
    if draw(st.booleans()):
        value = value.replace(draw(st.sampled_from(SEPARATORS)), draw(st.sampled_from(["", *SEPARATORS])))
    if draw(st.booleans()):
        value = value.replace(" ", draw(st.sampled_from(["", "-", "."])))
    value = draw(st.sampled_from([value, value.lower(), value.upper()]))
    start = draw(st.integers(0, 3))
    return draw(PLAIN) + value[start:] + draw(PLAIN)


NUMBERS = st.text("0123456789+-./()@:%&;#xAbE", min_size=7, max_size=24)


@settings(max_examples=60, deadline=None)
@given(st.lists(varied() | NUMBERS, min_size=20, max_size=60))
def test_whatever_is_found_in_a_text_is_suspicious(texts: list[str]) -> None:
    found = [text for text in texts if mask(text)[1]]
    assert not_suspicious(found, SUSPICIOUS_TEXT) == []
    documents = [json.dumps({"note": text, "list": [text]}, separators=(",", ":"), ensure_ascii=False) for text in found]
    assert not_suspicious(documents, SUSPICIOUS_JSON) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(varied(), min_size=20, max_size=60))
def test_what_is_masked_once_stays_so(texts: list[str]) -> None:
    for text in texts:
        masked, found = mask(text)
        assert bool(found) == (masked != text)
        assert mask(masked)[0] == masked


def test_every_text_of_the_corpus_that_is_found_is_suspicious_and_few_others_are() -> None:
    found = [text for text in (*VALUES, *MISTAKEN) if mask(text)[1]]
    assert len(found) > 1_500
    assert not_suspicious(found, SUSPICIOUS_TEXT) == []
    words = [text for text in MISTAKEN if text.isascii() and " " not in text]
    assert len(not_suspicious(words, SUSPICIOUS_TEXT)) / len(words) > 0.6


KEYS = st.sampled_from(
    ["first name", "Last Name", "email", "e mail", "phone number", "date of birth", "user id", "customer id", "postal code", "vorname"]
)


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """A key in some spelling."""
    words = draw(KEYS).split()
    joined = draw(st.sampled_from(["_", "-", ".", "", "/"])).join(
        draw(st.sampled_from([str.lower, str.upper, str.title]))(word) for word in words
    )
    return draw(st.sampled_from(["", "$", "_", "x_", "customer."])) + joined + draw(st.sampled_from(["", "_", "?"]))


@settings(max_examples=30, deadline=None)
@given(st.lists(spelled(), min_size=20, max_size=60))
def test_whatever_is_dropped_or_hashed_by_its_key_is_suspicious(keys: list[str]) -> None:
    documents = [json.dumps({key: "Jane"}, separators=(",", ":")) for key in keys]
    changed = [document for document in documents if Scrubber(b"key").document("extra", document) != document]
    assert not_suspicious(changed, SUSPICIOUS_JSON) == []
