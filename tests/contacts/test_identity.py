"""The same address in any spelling has one key, so that whoever objected stays recognised (R26, domain.md 9)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.identity import clean_email, clean_phone, email_key, names_clash, organisation_key

LOCAL_PARTS = st.from_regex(r"[a-z0-9äöüéåñßøж]+([.+_-][a-z0-9äöü]+){0,2}", fullmatch=True).filter(
    lambda local: len(local.encode()) <= 60
)
DOMAINS = st.sampled_from(
    ["example.org", "firma.test", "sub.example.com", "müller.example", "straße.example", "ä.test"]
)
ADDRESSES = st.builds("{}@{}".format, LOCAL_PARTS, DOMAINS)


def in_idna(address: str) -> str:
    """The address with its domain in the ASCII form."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{'.'.join(a_label(label) for label in domain.split('.'))}"


def a_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def full_width(address: str) -> str:
    """The address as an East Asian keyboard may write it."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in address)


SPELLINGS = {
    "as it is": lambda address: address,
    "upper case": lambda address: address.replace("ß", "ẞ").upper(),
    "composed": lambda address: unicodedata.normalize("NFC", address),
    "decomposed": lambda address: unicodedata.normalize("NFD", address),
    "spaces": lambda address: f"  {address}\t\n",
    "no-break spaces": lambda address: f"\u00a0{address}\u00a0",
    "zero-width spaces": lambda address: f"\ufeff{address}\u200b",
    "joiners around": lambda address: f"\u200d{address}\u200c",
    "an invisible character within": lambda address: f"{address[0]}\u00ad{address[1:]}",
    "direction marks": lambda address: f"\u202a{address}\u202c",
    "the domain's final dot": lambda address: f"{address}.",
    "an ideographic dot": lambda address: address.replace(".example", "。example"),
    "IDNA": in_idna,
    "upper-case IDNA": lambda address: in_idna(address).replace("ß", "ẞ").upper(),
    "full width": full_width,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(address=ADDRESSES)
def test_every_spelling_has_the_same_key(spelling: str, address: str) -> None:
    assert email_key(SPELLINGS[spelling](address)) == email_key(address)


@given(address=ADDRESSES)
def test_a_key_is_its_own_key(address: str) -> None:
    key = email_key(address)
    assert email_key(key) == key


@given(address=ADDRESSES)
def test_what_is_displayed_has_the_same_key(address: str) -> None:
    display, key = clean_email(address)
    assert clean_email(display) == (display, key)


@given(text=st.text(max_size=40))
def test_any_text_has_a_stable_key_or_is_no_address(text: str) -> None:
    for candidate in (text, f"{text}@example.org", f"anna@{text}"):
        try:
            key = email_key(candidate)
        except ValueError:
            continue
        assert email_key(key) == key
        assert key == key.lower()
        assert key.count("@") == 1


@pytest.mark.parametrize(
    ("text", "display", "key"),
    [
        ("Anna.Meier@Example.ORG", "Anna.Meier@example.org", "anna.meier@example.org"),
        ("anna+news@example.org", "anna+news@example.org", "anna+news@example.org"),
        ("Jörg@MÜLLER.example", "Jörg@müller.example", "jörg@xn--mller-kva.example"),
        ("o'brien@example.org", "o'brien@example.org", "o'brien@example.org"),
        ("a@sub.firma.test", "a@sub.firma.test", "a@sub.firma.test"),
        ("ΣΊΣΥΦΟΣ@example.org", "ΣΊΣΥΦΟΣ@example.org", "σίσυφοσ@example.org"),
    ],
)
def test_the_display_keeps_the_case_of_the_local_part(text: str, display: str, key: str) -> None:
    assert clean_email(text) == (display, key)


def test_both_small_sigmas_are_one() -> None:
    assert email_key("σίσυφος@example.org") == email_key("ΣΊΣΥΦΟΣ@example.org")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b@example.org", "ab@example.org"),
        ("a+b@example.org", "a@example.org"),
        ("muller@example.org", "müller@example.org"),
        ("a@strasse.example", "a@straße.example"),
        ("a@example.org", "a@example.com"),
    ],
)
def test_different_people_have_different_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "anna", "anna@", "@example.org", "anna@localhost", "anna@@example.org", "anna@example..org",
        "anna@example.org..", ".anna@example.org", "anna.@example.org", "an na@example.org", "anna@exa mple.org",
        "anna@-example.org", "anna@example-.org", "anna@exam_ple.org", "anna@[127.0.0.1]", '"anna"@example.org',
        "Anna <anna@example.org>", "<anna@example.org>", "mailto:anna@example.org", "a@example.org,b@example.org",
        "a@example.org;b@example.org", "a@b@example.org", "anna@example.123", "a@xn--a.example", "a@ab--c.example",
        "x" * 65 + "@example.org", "anna@" + "x" * 64 + ".org", "anna@" + "example." * 40 + "org",
        "anna@example.org\nBcc: x", "ﬁnn@example.org", "①@example.org", "anna\0@example.org", "an\u200dna@example.org",
        "x" * 1_000_000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address") as caught:
        clean_email(text)
    assert caught.value.__cause__ is None, "the library's own message quotes the address"


def test_addresses_at_the_limits_are_accepted() -> None:
    assert email_key("x" * 64 + "@example.org").startswith("x" * 64)
    longest = "x" * 64 + "@" + ("y" * 61 + ".") * 3 + "org"
    assert len(longest) == 254
    assert email_key(longest) == longest
    with pytest.raises(ValueError, match="not an e-mail"):
        email_key(longest.replace("y.org", "yy.org"))


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+358401234567", "", "+358401234567"),
        (" +358 40 123 4567 ", "", "+358401234567"),
        ("040 123 4567", "FI", "+358401234567"),
        ("(09) 123-4567", "FI", "+35891234567"),
        ("030/123456", "DE", "+4930123456"),
        ("+49 (0) 30 123456", "FI", "+4930123456"),
        ("0049 30 123456", "DE", "+4930123456"),
        ("07700 900123", "GB", "+447700900123"),
        ("+39 06 12345678", "", "+390612345678"),
    ],
)
def test_a_possible_number_becomes_e164(text: str, country: str, expected: str) -> None:
    assert clean_phone(text, country) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("040 123 4567", ""), ("12", "FI"), ("-", "FI"), ("ask Anna", "FI"), ("040 123 4567 ext. 8", "FI"),
        ("040 123 4567 / 040 765 4321", "FI"), ("040 1234567, 040 7654321", "FI"), ("1-800-FLOWERS", "US"),
        ("+358 40", "FI"), ("040 123 4567", "XX"), ("9" * 30, "FI"),
    ],
)  # fmt: skip
def test_any_other_number_stays_as_it_was_written(text: str, country: str) -> None:
    assert clean_phone(f" {text} ", country) == text


@pytest.mark.parametrize(
    "names",
    [
        ["Müller GmbH", "MÜLLER GMBH & CO. KG", "Müller GmbH & Co KGaA", "müller", "Müller  AG", "Müller, GmbH"],
        ["Nokia Oyj", "Nokia", "Oy Nokia Ab", "NOKIA OY", "Nokia Abp"],
        ["Acme, Inc.", "ACME Corp.", "Acme Corporation", "Acme Limited", "Acme LLC", "Acme Co., Ltd.", "ACME PLC"],
        ["Dupont S.A.", "Dupont SA", "Dupont S. A.", "Dupont SAS", "Dupont S.A.R.L.", "Dupont SARL"],
        ["Bakker B.V.", "Bakker BV", "Bakker N.V.", "Bakker NV"],
        ["Jensen ApS", "Jensen A/S", "Jensen AS"],
        ["Rossi S.p.A.", "Rossi SpA", "Rossi S.r.l.", "Rossi Srl"],
        ["F-Secure Oyj", "F Secure", "F‑Secure Corporation"],
        [full_width("Wide") + " Ltd", "Wide"],
        ["McDonald's", "McDonald’s", "McDonalds Inc."],
        ["Kowalski Sp. z o.o.", "Kowalski"],
    ],
)  # fmt: skip
def test_spellings_of_one_organisation_share_a_key(names: list[str]) -> None:
    assert len({organisation_key(name) for name in names}) == 1, [organisation_key(name) for name in names]


@pytest.mark.parametrize("name", ["AG", "GmbH & Co. KG", "SE", "!!!", "Co", "Oy Ab", "&", "株式会社", "."])
def test_a_name_never_loses_its_whole_key(name: str) -> None:
    assert organisation_key(name)


@given(name=st.text(max_size=60))
def test_a_key_is_empty_only_for_no_name_and_fits_its_column(name: str) -> None:
    key = organisation_key(name)
    assert bool(key) == bool(unicodedata.normalize("NFKC", name).strip())
    assert key == " ".join(key.split())


def test_a_long_name_has_a_key_that_fits_its_column() -> None:
    assert len(organisation_key("ﬃ" * 200)) == 200


@pytest.mark.parametrize(("one", "other"), [("Meier Oy", "Maier Oy"), ("Acme Finland", "Acme Germany"), ("AB", "Oy")])
def test_different_organisations_have_different_keys(one: str, other: str) -> None:
    assert organisation_key(one) != organisation_key(other)


SAME = [
    (("Anna", "Meier"), ("Anna", "Meier")),
    (("Anna", "Meier"), ("", "")),
    (("Anna", ""), ("", "Schmidt")),
    (("", "Meier"), ("Anna", "Meier")),
    (("Jörg", "Müller"), ("Joerg", "Mueller")),
    (("Jörg", "Müller"), ("Jorg", "Muller")),
    (("José", "Núñez"), ("Jose", "Nunez")),
    (("Søren", "Åkesson"), ("Soren", "Akesson")),
    (("Anna", "Meier"), ("Meier", "Anna")),
    (("A.", "Meier"), ("Anna", "Meier")),
    (("Max", "Weber"), ("Maximilian", "Weber")),
    (("Anna Maria", "Meier"), ("Maria", "Meier")),
    (("Anna", "Meier-Schmidt"), ("Anna", "Schmidt")),
    (("Jon", "Smyth"), ("John", "Smith")),
    (("ANNA", "MEIER"), ("anna", "meier")),
    (("Ludwig", "van Beethoven"), ("Ludwig", "Beethoven")),
    (("Иван", "Петров"), ("Ivan", "Petrov")),
    (("Dr. Anna", "Meier"), ("Anna", "Meier")),
    (("Anna", "Meier"), ("-", "?")),
]
DIFFERENT = [
    (("Anna", "Meier"), ("Berta", "Schulz")),
    (("Anna", "Meier"), ("Anna", "Schulz")),
    (("Hans", "Meier"), ("Anna", "Meier")),
    (("Anna", "Meier"), ("", "Schulz")),
    (("Anna", ""), ("Berta", "Meier")),
    (("Ursula", "von der Leyen"), ("Ursula", "von Braun")),
    (("Anna", "Meier"), ("Meier", "Berta")),
    (("Иван", "Петров"), ("Анна", "Смирнова")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_person_do_not_clash(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not names_clash(*one, *other)
    assert not names_clash(*other, *one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_clearly_different_people_clash(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert names_clash(*one, *other)
    assert names_clash(*other, *one)
