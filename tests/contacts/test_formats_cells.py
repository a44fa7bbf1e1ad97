"""What a cell says: words, places, addresses, and what no cell may hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from contacts.formats.cells import domain, profile_address, tidied, web_address, yes_no
from contacts.formats.places import country_code, language_code
from contacts.formats.problems import CellProblem, LeftOut
from contacts.formats.rows import LIMITS, ContactRow, Rejection
from tests.contacts.files import contacts_of, one_contact, one_rejection, text_file


@pytest.mark.parametrize("word", ["yes", "YES", "true", "True", "1", "y", "ja", "Ja", "kyllä", "KYLLÄ"])
def test_words_for_yes(word: str) -> None:
    assert yes_no(word) is True


@pytest.mark.parametrize("word", ["no", "No", "false", "FALSE", "0", "n", "nein", "ei", "EI"])
def test_words_for_no(word: str) -> None:
    assert yes_no(word) is False


@pytest.mark.parametrize("word", ["x", "maybe", "2", "yes no", "on", "-"])
def test_any_other_word_is_refused(tmp_path: Path, word: str) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", "unsubscribed": word})
    assert (rejection.line, rejection.column) == (2, "unsubscribed")
    assert str(rejection) == "This is neither yes nor no. Write yes or no, or leave the cell empty."


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("FI", ["FI", "fi", "FIN", "Finland", "FINLAND", "Suomi", "Finnland"]),
        ("DE", ["DE", "DEU", "Germany", "Deutschland", "Saksa"]),
        ("GB", ["GB", "UK", "U.K.", "United Kingdom", "the United Kingdom", "Great Britain", "Grossbritannien"]),
        ("US", ["US", "USA", "U.S.A.", "United States", "United states", "United States of America", "Yhdysvallat"]),
        ("AT", ["Austria", "Österreich", "Osterreich", "Itävalta", "AUT"]),
        ("NL", ["Netherlands", "The Netherlands", "Holland", "Niederlande", "Alankomaat"]),
        ("CZ", ["Czechia", "Czech Republic", "Tschechien"]),
        ("ZA", ["South Africa", "Südafrika", "Etelä-Afrikka"]),
        ("CI", ["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast"]),
        ("KR", ["South Korea", "Republic of Korea"]),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_codes_and_names(code: str, names: list[str]) -> None:
    assert {name: country_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("de", ["de", "DE", "de-DE", "de_AT", "de-CH-1901", "de_DE.UTF-8", "deu", "ger", "German", "Deutsch", "saksa"]),
        ("en", ["en", "en-GB", "eng", "English", "Englisch", "English (UK)", "English - United States", "englanti"]),
        ("fi", ["fi", "fi_FI", "fin", "Finnish", "Finnisch", "suomi", "Suomi"]),
        ("zh", ["zh", "zh-Hans", "zh_TW"]),
        ("pt", ["pt-br", "Portuguese", "por"]),
    ],
)
def test_a_language_is_known_by_its_codes_and_names(code: str, names: list[str]) -> None:
    assert {name: language_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize("language", ["de", "fi"])
def test_places_are_known_whatever_language_is_active(language: str) -> None:
    with translation.override(language):
        assert country_code("Finland") == "FI"
        assert language_code("German") == "de"


def test_an_unknown_country_or_language_is_left_out_with_a_note(tmp_path: Path) -> None:
    row = one_contact(tmp_path, {"email": "a@example.org", "country": "Xyz", "language": "qq"})
    assert (row.country, row.language) == ("", "")
    assert set(row.notes) == {
        "country: the value is not known; left out.",
        "language: the value is not known; left out.",
    }


@pytest.mark.parametrize("value", ["anna@example.org", "+358 40 1234567", "a" * 41, "Weg 5", "12345"])
def test_a_value_that_may_be_personal_is_not_quoted(value: str) -> None:
    for read in (country_code, language_code):
        with pytest.raises(LeftOut) as caught:
            read(value)
        assert caught.value.note == "the value is not known"


@pytest.mark.parametrize(
    "text",
    ["example.org", "EXAMPLE.ORG", "www.example.org", "https://www.example.org/about?x=1", "http://example.org:8080/"],
)
def test_the_domain_of_an_organisation_is_found(text: str) -> None:
    assert domain(text) == "example.org"


def test_an_international_domain_is_kept_in_ascii() -> None:
    assert domain("müller.example") == domain("XN--MLLER-KVA.example") == "xn--mller-kva.example"


@pytest.mark.parametrize("text", ["example", "anna@example.org", "not a domain", "http://", "javascript:alert(1)"])
def test_what_is_no_domain_is_left_out_with_a_note(tmp_path: Path, text: str) -> None:
    row = one_contact(tmp_path, {"email": "a@example.org", "organisation_domain": text})
    assert row.organisation_domain == ""
    assert row.notes == ("organisation_domain: it is not a domain name such as example.org; left out.",)


@pytest.mark.parametrize("text", ["https://example.org", "http://example.org/a?b=c#d", "HTTPS://EXAMPLE.ORG/ä"])
def test_web_addresses_are_accepted(text: str) -> None:
    assert web_address(text) == text


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "https://", "https://a b"]
)
def test_other_schemes_are_refused(text: str) -> None:
    with pytest.raises(CellProblem, match="not a web address"):
        web_address(text)


def test_a_profile_may_lack_its_scheme_but_not_have_a_wrong_one() -> None:
    assert profile_address("linkedin.example/in/anna") == "https://linkedin.example/in/anna"
    with pytest.raises(LeftOut):
        profile_address("javascript://linkedin.example/%0aalert(1)")


# What no cell may hold ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["=1+1", '=HYPERLINK("http://x")', " =1+1", "\u200b=1+1", "\u00a0=1", "=", "==", "=cmd|'/c calc'!A1"]
)
def test_a_formula_rejects_its_row(tmp_path: Path, cell: str) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", "last_name": cell})
    assert (rejection.column, rejection.reason) == ("last_name", "The cell holds a formula or the error of one.")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("'=1+1", "=1+1"),
        ("'+358 40", "+358 40"),
        ("'-", "-"),
        ("'@anna", "@anna"),
        ("''=1", "'=1"),
        ("''Anna", "''Anna"),
        ("'Anna", "'Anna"),
        ("O'Brien", "O'Brien"),
        ("+358 40", "+358 40"),
        ("-", "-"),
        ("@anna", "@anna"),
        ("a=b", "a=b"),
        ("\uff1d1+1", "\uff1d1+1"),
        ("'", "'"),
    ],
)
def test_one_apostrophe_of_our_own_exports_is_taken_off(tmp_path: Path, cell: str, expected: str) -> None:
    assert one_contact(tmp_path, {"email": "a@example.org", "job_title": cell}).job_title == expected


@given(value=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
@example("'=1")
@example("+358")
def test_what_an_export_escapes_comes_back_as_it_was(value: str) -> None:
    escaped = f"'{value}" if value.lstrip("'").startswith(("=", "+", "-", "@")) else value
    assert not escaped.startswith("=")
    assert tidied(escaped, "last_name", spreadsheet=True) == value


def test_json_has_no_formulas_and_no_escapes(tmp_path: Path) -> None:
    lines = '{"email": "a@example.org", "last_name": "=1+1", "first_name": "\'=1+1"}\n'
    (row,) = contacts_of(text_file(tmp_path, lines))
    assert isinstance(row, ContactRow)
    assert (row.last_name, row.first_name) == ("=1+1", "'=1+1")


@pytest.mark.parametrize(
    "cell", ["Mei\0er", "Mei\ter", "Mei\ner", "Mei\r\ner", "Mei\x1ber", "Mei\x85er", "Mei\u2028er", "'\0=", "'\t="]
)
def test_control_characters_reject_their_row(tmp_path: Path, cell: str) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", "last_name": cell})
    assert rejection.column == "last_name"
    assert "control character" in rejection.reason


def test_half_a_character_in_json_rejects_its_row(tmp_path: Path) -> None:
    (row,) = contacts_of(text_file(tmp_path, '{"email": "a@example.org", "last_name": "Mei\\ud83der"}\n'))
    assert isinstance(row, Rejection)
    assert "control character" in row.reason


def test_line_breaks_belong_into_a_street_and_a_consent_text(tmp_path: Path) -> None:
    row = one_contact(
        tmp_path,
        {"email": "a@example.org", "street": "Weg 5\r\nHaus B\n", "consent_text": "I agree\r\nto mail.\n\nReally."},
    )
    assert row.street == "Weg 5, Haus B"
    assert row.consent_text == "I agree\nto mail.\nReally."


def test_odd_spaces_and_invisible_characters_are_taken_off(tmp_path: Path) -> None:
    columns = {
        "email": "\ufeffa@example.org",
        "last_name": "\u00a0Mei\u00ader\u00a0Schulz\u200b",
        "first_name": "\u202eAnna",
    }
    row = one_contact(tmp_path, columns)
    assert (row.email, row.last_name, row.first_name) == ("a@example.org", "Meier Schulz", "Anna")


def test_names_are_stored_composed(tmp_path: Path) -> None:
    assert one_contact(tmp_path, {"email": "a@example.org", "last_name": "Mu\u0308ller"}).last_name == "Müller"


TEXTS = [field for field in LIMITS if field not in {"email", "topic", "topics", "reference", "via_partner", "url"}]


@pytest.mark.parametrize(
    "field", [field for field in TEXTS if field not in {"linkedin_url", "organisation_domain", "phone"}]
)
def test_a_value_may_be_as_long_as_its_field_and_no_longer(tmp_path: Path, field: str) -> None:
    limit = LIMITS[field]
    row = one_contact(tmp_path, {"email": "a@example.org", field: "x" * limit})
    assert getattr(row, field) == "x" * limit
    rejection = one_rejection(tmp_path, {"email": "a@example.org", field: "x" * (limit + 1)})
    assert rejection.column == field
    assert rejection.reason == f"The value is longer than {limit} characters."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("linkedin_url", "https://example.org/" + "x" * 481),
        ("organisation_domain", ("x" * 60 + ".") * 4 + "org"),
        ("phone", "1" * 201),
        ("topics", "x" * 201),
        ("topics", ";".join(f"{number:0100}" for number in range(21))),
    ],
)
def test_values_of_a_form_have_their_limit_too(tmp_path: Path, field: str, value: str) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", field: value})
    assert rejection.column == field
    assert "longer than" in rejection.reason
