from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from fluxo_contracts.currencies import money_in
from fpdf import FPDF
from fpdf.fonts import TTFFont

from fluxo_entries.domain.cash_book import Head, Line, Row, Totals, added, lines

_FONTS: Final = Path(__file__).parent / "fonts"
_MARGIN_MM: Final = 10.0
_LINE_MM: Final = 4.4
_BOTTOM_MM: Final = 297.0 - 16.0
_SIZE_PT: Final = 8.0
_GREY: Final = 242

# Where each column ends, in mm from the left edge; numbers end there, texts begin where the one before ended.
_DATE, _TEXT, _CATEGORY, _CREDIT, _DEBIT, _BALANCE = 28.0, 98.0, 123.0, 148.0, 173.0, 200.0
_GAP_MM: Final = 1.2
_ROOMS_MM: Final = (_CREDIT - _CATEGORY - _GAP_MM, _DEBIT - _CREDIT - _GAP_MM, _BALANCE - _DEBIT - _GAP_MM)


def write_pdf(path: Path, head: Head, rows: Iterable[Row]) -> None:
    """Write A4 pages, each with what is carried to it and on from it; amounts are 1.234,56, days 22/11/2026."""
    book = _Book(head)
    for line in lines(head, rows):
        if isinstance(line, Line):
            book.add_entry(line)
        else:
            book.add_day(line)
    book.end()
    book.output(str(path))


class _Book(FPDF):
    """`FPDF.cell` measures, wraps and aligns each text anew; this places texts itself, at a fraction of the time."""

    def __init__(self, head: Head) -> None:
        super().__init__(format="A4")
        self._head = head
        self._money = money_in(head.currency)
        self._widths: dict[tuple[str, str], float] = {}
        self._period = Totals(head.last, head.opening_minor)
        self.set_auto_page_break(auto=False)
        self.c_margin = 0
        self.set_title("Livro caixa")
        self.set_lang("pt-BR")
        self.add_font("body", "", _FONTS / "DejaVuSansCondensed.ttf")
        self.add_font("body", "B", _FONTS / "DejaVuSansCondensed-Bold.ttf")
        self._top_mm = 0.0
        self._begin_page()
        self._row(("", "Saldo anterior", "", "", "", self._reais(head.opening_minor)), style="B")

    def add_entry(self, line: Line) -> None:
        texts = list(self._wrapped(self._shown(line.description), _TEXT - _DATE - _GAP_MM))
        categories = list(self._wrapped(self._shown(line.category), _CATEGORY - _TEXT - _GAP_MM))
        height = max(len(texts), len(categories), 1)
        self._make_room(height)
        self._period = added(self._period, line.credit_minor, line.debit_minor)
        amounts = (
            self._reais(line.credit_minor) if line.credit_minor else "",
            self._reais(line.debit_minor) if line.debit_minor else "",
            self._reais(line.balance_minor),
        )
        for number in range(height):
            what = ("".join(each[number : number + 1]) for each in (texts, categories))
            self._row((f"{line.business_date:%d/%m/%Y}", *what, *amounts) if number == 0 else ("", *what, "", "", ""))

    def add_day(self, day: Totals) -> None:
        self._make_room(1)
        self._row(("", f"Total do dia {day.business_date:%d/%m/%Y}", "", *self._sums(day)), style="B", is_grey=True)

    def end(self) -> None:
        self._make_room(2)
        self._rule()
        self._row(("", "Total do período e saldo final", "", *self._sums(self._period)), style="B")

    def _make_room(self, lines_needed: int) -> None:
        """Begin a page unless the lines fit on this one, above what is carried on."""
        if self._top_mm + (lines_needed + 1) * _LINE_MM <= _BOTTOM_MM:
            return
        self._rule()
        self._row(("", "A transportar", "", *self._sums(self._period)), style="B")
        self._begin_page()
        self._row(("", "Transporte", "", *self._sums(self._period)), style="B")

    def _begin_page(self) -> None:
        head = self._head
        self.add_page()
        self.set_font("body", "B", 13)
        self.text(_MARGIN_MM, 15, "Livro caixa")
        self._right(_BALANCE, 15, f"{head.first:%d/%m/%Y} a {head.last:%d/%m/%Y}", "B", 9)
        self.set_font("body", "", 9)
        self.text(_MARGIN_MM, 20, self._shown(head.merchant_name))
        self._right(_BALANCE, 20, f"Valores em {head.currency}", "", 9)
        self._top_mm = 25.0
        self._row(("Data", "Histórico", "Categoria", "Entrada", "Saída", "Saldo"), style="B")
        self._rule()

    def footer(self) -> None:
        self.set_font("body", "", 7.5)
        self.text(_MARGIN_MM, 290, "Fluxo")
        # As wide as the number that stands for it, whatever it becomes.
        self.set_xy(_BALANCE - 40, 287)
        self.cell(40, 4, f"Página {self.page_no()} de {{nb}}", align="R")

    def _row(self, texts: Sequence[str], *, style: str = "", is_grey: bool = False) -> None:
        if is_grey:
            self.set_fill_color(_GREY)
            self.rect(_MARGIN_MM, self._top_mm, _BALANCE - _MARGIN_MM, _LINE_MM, style="F")
        self.set_font("body", style, _SIZE_PT)
        y = self._top_mm + _LINE_MM * 0.72
        for x, text in zip((_MARGIN_MM, _DATE, _TEXT), texts[:3], strict=True):
            if text:
                self.text(x, y, text)
        for right, room, text in zip((_CREDIT, _DEBIT, _BALANCE), _ROOMS_MM, texts[3:], strict=True):
            if text:
                # What is too long for its column stands there smaller, and never in the next one.
                self._right(right, y, text, style, min(_SIZE_PT, room / self._width(text, style)))
        self._top_mm += _LINE_MM

    def _right(self, right: float, y: float, text: str, style: str, size_pt: float) -> None:
        width = self._width(text, style)
        self.set_font("body", style, size_pt)
        self.text(right - width * size_pt, y, text)

    def _rule(self) -> None:
        self.line(_MARGIN_MM, self._top_mm, _BALANCE, self._top_mm)

    def _sums(self, totals: Totals) -> tuple[str, str, str]:
        amounts = (totals.credits_minor, totals.debits_minor, totals.closing_minor)
        credits_, debits, closing = map(self._reais, amounts)
        return credits_, debits, closing

    def _reais(self, amount_minor: int) -> str:
        """Return the amount as it is written in Brazil."""
        sign, text = ("-", self._money(-amount_minor)) if amount_minor < 0 else ("", self._money(amount_minor))
        units, point, minor = text.partition(".")
        return f"{sign}{int(units):,}".replace(",", ".") + ("," if point else "") + minor

    def _shown(self, text: str) -> str:
        """Return the text with a mark for each character that the font does not have."""
        if text.isascii():
            return text
        font = self.fonts["body"]
        assert isinstance(font, TTFFont)  # noqa: S101 - what add_font makes of a file
        known = font.cmap
        return "".join(character if ord(character) in known else "\ufffd" for character in text)

    def _wrapped(self, text: str, width_mm: float) -> Iterator[str]:
        """Yield the text in lines of at most that width; a word that is wider is parted."""
        room = width_mm / _SIZE_PT
        if self._width(text) <= room:
            if text:
                yield text
            return
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if self._width(longer) <= room:
                line = longer
                continue
            if line:
                yield line
            line = word
            while self._width(line) > room:
                fits = next(n for n in range(len(line) - 1, 0, -1) if self._width(line[:n]) <= room)
                yield line[:fits]
                line = line[fits:]
        yield line

    def _width(self, text: str, style: str = "") -> float:
        """Return the width in mm at a size of 1 pt: there is no kerning, so that characters add up."""
        widths, total = self._widths, 0.0
        for character in text:
            width = widths.get((style, character))
            if width is None:
                self.set_font("body", style, _SIZE_PT)
                width = widths[style, character] = self.get_string_width(character) / _SIZE_PT
            total += width
        return total
