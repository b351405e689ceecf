"""How texts are compared by both services' databases: capitals, width and what shows nothing make no difference.

Revisions of the schemas create the function from here, and indexes hold what it returns: another rule is another
function, in a file of its own, and not a change of this one. The same rule may be written in another way, which a
revision of each schema brings.
"""

from typing import Final


def _folded(letters: str) -> str:
    """Return what each letter becomes as a capital, and then as a small letter, where that is one letter."""
    capitals = (capital if len(capital := letter.upper()) == 1 else letter for letter in letters)
    return "".join(capital.lower()[0] for capital in capitals)


# Of the alphabets with capitals that are in use: Latin, Greek, Cyrillic and Armenian; Unicode adds no more to these. Of
# ASCII the letter alone that Turkish makes another one of.
_LETTERS: Final = map(chr, (*range(0xC0, 0x588), *range(0x1E00, 0x2000)))
_CAPITALS = "I" + "".join(letter for letter in _LETTERS if _folded(letter) != letter)
_LATIN_1 = sum(letter <= "\xff" for letter in _CAPITALS)
# Where there may be others than those of Latin-1, also by normalizing: each letter is looked for in the whole list.
_HAS_MORE = r"given ~ '[\u0100-\u0587\u1D00-\u1FFF\u2100-\u214F\u3300-\u33FF\uA7F0-\uA7FF\U0001D400-\U0001D7FF]'"
_LENGTH = f"{_LATIN_1} + {len(_CAPITALS) - _LATIN_1} * ({_HAS_MORE})::int"

# What most texts are made of: nothing in it is left out or normalized, and each capital is known.
_PLAIN_CAPITALS: Final = "IÁÀÂÃÉÊÍÓÔÕÚÇ"
_PLAIN: Final = f"given ~ '^[ -~{_PLAIN_CAPITALS}{_folded(_PLAIN_CAPITALS)}]*$'"

# Where the locale knows capitals it makes of a text what it made before (0005), as that is stored in indexes: lower and
# upper stay, for other alphabets. A plain text is made the same in a third of the time.
# Not declared STRICT, for it would not be inlined then; of nothing it makes nothing all the same. What is asked of a
# category must imply that there is one, which a CASE alone would not tell the planner: hence the strict end.
CREATE_FOLDED: Final = rf"""
CREATE OR REPLACE FUNCTION folded(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE
    WHEN {_PLAIN} THEN btrim(lower(translate(given, '{_PLAIN_CAPITALS}', '{_folded(_PLAIN_CAPITALS)}')))
    ELSE btrim(lower(upper(translate(normalize(regexp_replace(given,
        '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164'
        '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]',
        '', 'g'), NFKC), left('{_CAPITALS}', {_LENGTH}), left('{_folded(_CAPITALS)}', {_LENGTH})))))
    END) || left(given, 0);
"""
