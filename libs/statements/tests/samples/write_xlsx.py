"""Writes the samples in `xlsx` again: `python write_xlsx.py`. No hand writes workbooks; their cells stand here."""

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

FOLDER = Path(__file__).parent / "xlsx"
HEADER = ("Data", "Histórico", "Valor", "Saldo")
REDE = (
    "data do recebimento", "data original da venda", "data original de vencimento", "valor bruto da parcela original",
    "valor bruto da parcela atualizada", "taxa MDR", "valor MDR descontado", "valor líquido da parcela", "negociada",
    "%", "NSU/CV", "modalidade", "bandeira", "número de parcelas", "parcela",
)  # fmt: skip


def write(name, sheets, *, hidden=(), **options):
    book = xlsxwriter.Workbook(FOLDER / name, {**options, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"created": datetime(2026, 11, 28, tzinfo=UTC)})
    for title, rows in sheets.items():
        sheet = book.add_worksheet(title)
        if title in hidden:
            sheet.hide()
        else:
            sheet.activate()
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(at, column, cell, value="")
                elif isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                elif cell is not None:
                    sheet.write(at, column, cell)
    book.close()


def changed(name, change):
    """Pack a sample again, its parts changed."""
    with zipfile.ZipFile(FOLDER / name) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(FOLDER / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(zipfile.ZipInfo(each, (1980, 1, 31, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def with_all_digits(parts):
    """The library writes sixteen; programs that write doubles write seventeen."""
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>")


def uncomputed(parts):
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v></v>", b"")


def with_macro(parts):
    parts["xl/vbaProject.bin"] = b"no real macro"


def main():
    FOLDER.mkdir(exist_ok=True)
    write(
        "days-as-days-as-text-and-as-numbers.xlsx",
        {
            "Extrato": [
                ("Padaria São José",),
                ("Conta corrente: 12345-6",),
                (),
                HEADER,
                (date(2026, 11, 13), "a day", 10.5, 10.5),
                (datetime(2026, 11, 14, 23, 59), "a day and a time", -1, 9.5),
                ("15/11/2026", "text", "-1.234,56", None),
                (46342, "a number without a format", 3, None),
                (None, "Total", 12.5, None),
            ]
        },
    )
    write(
        "days-counted-from-1904.xlsx",
        {"Extrato": [HEADER, (date(2026, 11, 13), "a day", -10, 0), (44880, "a number without a format", 3, None)]},
        date_1904=True,
    )
    write(
        "sums-of-doubles-and-fractions-of-cents.xlsx",
        {
            "Extrato": [
                HEADER,
                (date(2026, 11, 13), "0.1 + 0.2", 0.1 + 0.2, None),
                (date(2026, 11, 13), "one cent less than nothing", -0.01, None),
                (date(2026, 11, 13), "half a cent less", 1.005, None),
                (date(2026, 11, 13), "a third", 100 / 3, None),
                (date(2026, 11, 13), "large", 9_999_999_999.99, None),
                (date(2026, 11, 13), "too large", 1e14, None),
            ]
        },
    )
    changed("sums-of-doubles-and-fractions-of-cents.xlsx", with_all_digits)
    write(
        "formulas-that-nobody-computed.xlsx",
        {
            "Extrato": [
                HEADER,
                (date(2026, 11, 13), "a number", -10, None),
                (date(2026, 11, 14), "a formula", "=C2*2", None),
                (None, None, "=C3", None),
                (date(2026, 11, 15), "after it", 5, None),
                (None, None, "=SUM(C2:C5)", None),
            ]
        },
    )
    changed("formulas-that-nobody-computed.xlsx", uncomputed)
    write(
        "second-sheet-has-the-table.xlsx",
        {
            "Capa": [("Relatório",), ("de", "novembro")],
            "Lançamentos": [("Data", "Descrição", "Entrada", "Saída"), (date(2026, 11, 13), "Venda", 100, None),
                            (date(2026, 11, 14), "Compra", None, 40.25)],
        },
    )  # fmt: skip
    write(
        "hidden-sheet-first.xlsx",
        {
            "Antigo": [HEADER, (date(2025, 1, 1), "old", -1, None)],
            "Atual": [HEADER, (date(2026, 11, 13), "new", -2, None)],
        },
        hidden=("Antigo",),
    )
    write(
        "a-sheet-for-each-month.xlsx",
        {
            "{Out}": [HEADER, (date(2026, 10, 13), "October", -1, None)],
            "Nov": [HEADER, (date(2026, 11, 13), "November", -2, None)],
        },
    )
    write("macros-are-passed-over.xlsm", {"Extrato": [HEADER, (date(2026, 11, 13), "Tarifa", -9.9, None)]})
    changed("macros-are-passed-over.xlsm", with_macro)
    whole = (FOLDER / "days-counted-from-1904.xlsx").read_bytes()
    (FOLDER / "named-as-an-old-workbook.xls").write_bytes(whole)
    (FOLDER / "cut-off.xlsx").write_bytes(whole[: len(whole) // 2])
    write("columns-that-are-not-understood.xlsx", {"Estoque": [("Produto", "Quantidade"), ("Pão", 10)]})
    write(
        "rede-receipts.xlsx",
        {
            "pagamentos": [
                ("Recebimentos",),
                REDE,
                (date(2026, 11, 13), date(2026, 10, 13), date(2026, 11, 13), 100, 100, 0.0219, 2.19, 97.81, "não", 0,
                 "000123456", "crédito", "Visa", 2, 1),
                (date(2026, 11, 13), date(2026, 11, 12), date(2026, 11, 13), 50, 50, 0.01, 0.5, 49.5, "não", 0,
                 "000123457", "débito", "Elo", 1, 1),
            ]
        },
    )  # fmt: skip
    (FOLDER / "old-workbook-or-one-with-a-password.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("extrato.csv"), "Data;Valor\n13/11/2026;1,00\n")
    (FOLDER / "zip-that-is-no-workbook.zip").write_bytes(archive.getvalue())


if __name__ == "__main__":
    main()
