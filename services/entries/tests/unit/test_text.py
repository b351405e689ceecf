import re
import unicodedata

import pytest
from fluxo_entries.domain.text import clean_text, optional_text, required_text
from fluxo_entries.entrypoints.http.fields import LINE_PATTERN, NOT_BLANK_LINE_PATTERN
from hypothesis import given
from hypothesis import strategies as st

INVISIBLE = "\u200b\u2060\ufeff\u00ad\u2800\u3164\u115f\u1160\uffa0\u034f\u180e\u200e\ufe0f\U000e0001\U000e0100\ufffb"


def test_outer_blanks_go_and_inner_ones_stay():
    assert clean_text("  Venda  balcão\u00a0", 200) == "Venda  balcão"


def test_text_is_stored_in_normal_form_c():
    assert clean_text("balca\u0303o", 200) == "balcão"


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\t",
        "\n",
        "\r",
        "\x1f",
        "\x7f",
        "\x85",
        "\u2028",
        "\u2029",
        "\ud800",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
    ],
)
def test_control_characters_line_breaks_and_half_characters_are_refused(character):
    with pytest.raises(ValueError, match="control character"):
        clean_text(f"Venda{character}balcão", 200)


def test_emoji_scripts_and_joiners_are_welcome():
    for text in ("☕ café", "パン", "خبز", "👩‍🍳 pão"):
        assert clean_text(text, 200) == text


def test_what_shows_nothing_is_kept_among_what_does():
    for text in (
        "ven\u00addas",
        "vendas\u200b",
        "❤\ufe0f",
        "\u0645\u06cc\u200c\u062e",
        "\u2800.",
        "\u0301",
        "\ue000",
    ):
        assert clean_text(text, 200) == text


def test_the_limit_counts_characters_as_given():
    assert clean_text("é" * 200, 200) == "é" * 200
    for text in ("é" * 201, "x" * 200 + " "):
        with pytest.raises(ValueError, match="longer than 200"):
            clean_text(text, 200)


def test_text_that_grows_in_normal_form_is_held_to_the_limit_too():
    assert len(unicodedata.normalize("NFC", "\u0958")) == 2
    with pytest.raises(ValueError, match="longer than 200"):
        clean_text("\u0958" * 101, 200)


def test_blank_text_is_refused_where_text_is_required_and_none_where_it_is_not():
    for blank in ("", " ", "\u3000\u00a0", *INVISIBLE, " \u200b \ufeff ", INVISIBLE):
        with pytest.raises(ValueError, match="empty"):
            required_text(blank, 200)
        assert optional_text(blank, 200) is None


SHAPELESS_BEYOND = [*range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=map(chr, SHAPELESS_BEYOND)), max_size=30))
def test_the_published_patterns_accept_exactly_what_the_rule_accepts(text):
    assert _accepts(optional_text, text) == bool(re.search(LINE_PATTERN.replace("$", r"\Z"), text))
    assert _accepts(required_text, text) == bool(re.search(NOT_BLANK_LINE_PATTERN.replace("$", r"\Z"), text))


def test_the_published_pattern_agrees_on_every_single_character():
    pattern = re.compile(NOT_BLANK_LINE_PATTERN.replace("$", r"\Z"))
    everything = (chr(point) for point in range(0x11000) if not 0xD800 <= point <= 0xDFFF)
    assert not [hex(ord(c)) for c in everything if _accepts(required_text, c) != bool(pattern.search(c))]


def test_what_has_no_shape_beyond_the_first_plane_is_refused_though_the_pattern_cannot_name_it():
    assert not [hex(point) for point in SHAPELESS_BEYOND if _accepts(required_text, chr(point))]


def _accepts(rule, text: str) -> bool:
    try:
        rule(text, 200)
    except ValueError:
        return False
    return True
