"""What the entries service says of a file that it has read, in the person's language.

It says it in English, with what stands in the file: a sentence is known by what stands around that. One that is not
known here stays as it is.
"""

import re
from typing import Final

from fluxo_dashboard.language.languages import Language


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue."""
    return sentence


_SENTENCES: Final = (
    _("row %(number)s of %(sheet)s"),
    _("line %(number)s"),
    _("The columns are those of %(report)s."),
    _("Its amounts are what was bought: they went out, and what has a minus came in."),
    _("No amount has a sign, and no column says in or out: all came in."),
    _("The column without a name says what came in and what went out."),
    _("The column %(name)s says what came in and what went out."),
    _("%(line)s has a minus and so went out. In a card's statement it would have come in."),
    _("%(day)s was read day first: nothing in its column says what is first."),
    _("%(amount)s was read with a decimal comma: nothing in its column says what the sign is."),
    _("%(amount)s was read with a decimal point: nothing in its column says what the sign is."),
    _("Only %(sheet)s was read: there are tables in %(others)s too."),
    _("The number %(number)s was taken for the day that sheets keep so."),
    _("The cell holds %(written)s, rounded to %(amount)s."),
    _("The bank still blocks it (SSR); it counts as booked."),
    _("It has no booking date: the value date is taken."),
    _("The sign is the amount's, though TRNTYPE is %(kind)s."),
    _("The value date is after the end of February: taken for its last day."),
    _("Nubank's card"),
    _("Mercado Pago's release report"),
    _("Mercado Pago's statement"),
    _("Mercado Pago's account report"),
    _("Stone's receipts"),
    _("Rede's receipts"),
    _("Cielo's receivables"),
)


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)


_KNOWN: Final = [(_pattern(sentence), sentence) for sentence in _SENTENCES]


def say_of_file(said: str, language: Language) -> str:
    """Return what the service said, in this language if it is known here."""
    for pattern, sentence in _KNOWN:
        if found := pattern.fullmatch(said):
            return language.say(
                sentence, **{name: say_of_file(part, language) for name, part in found.groupdict().items()}
            )
    return said
