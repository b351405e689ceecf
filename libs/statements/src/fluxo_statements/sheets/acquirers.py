"""Reports of card acquirers and payment accounts whose columns are public: the net, on the day it settles.

Columns are public, the words of a status only in part: the plain ones for paid and not yet paid are known, and a row
with another is told and not read.
"""

from typing import Final, NamedTuple

from fluxo_statements.sheets.mapping import Mapping, Meaning


class Report(NamedTuple):
    name: str
    columns: dict[str, Meaning]
    """The words of the columns that are read; a header that has all of them, in any order, is this report's."""
    settled: str = ""
    unsettled: str = ""
    portuguese: bool = True
    alone: bool = False
    """Its words are anybody's: a header that has another one too is not this report's."""


_PAID: Final = "pago; paga; liquidado; liquidada"
_CARD: Final = {"date": Meaning.DAY, "title": Meaning.DESCRIPTION, "amount": Meaning.CHARGE}
_NOT_YET: Final = "previsto; prevista; agendado; agendada; pendente; a receber"

_REPORTS: Final = (
    # Mercado Pago's "Relatório de Liberações". A refund has its payment's SOURCE_ID, so that is no id of a line.
    Report(
        "Mercado Pago's release report",
        {
            "date": Meaning.DAY,
            "net credit amount": Meaning.MONEY_IN,
            "net debit amount": Meaning.MONEY_OUT,
            "gross amount": Meaning.GROSS,
            "description": Meaning.DESCRIPTION,
            "source id": Meaning.DESCRIPTION,
            "record type": Meaning.STATUS,
        },
        settled="release",
        unsettled="initial available balance; available balance; total",
        portuguese=False,
    ),
    # The same, "Relatório de Dinheiro em conta".
    Report(
        "Mercado Pago's account report",
        {
            "settlement date": Meaning.DAY,
            "settlement net amount": Meaning.AMOUNT,
            "transaction amount": Meaning.GROSS,
            "transaction type": Meaning.DESCRIPTION,
            "source id": Meaning.DESCRIPTION,
            "settlement currency": Meaning.CURRENCY,
        },
        portuguese=False,
    ),
    # Its statement as CSV: the balances above are no lines, and days are written day first.
    Report(
        "Mercado Pago's statement",
        {
            "release date": Meaning.DAY,
            "transaction type": Meaning.DESCRIPTION,
            "reference id": Meaning.DESCRIPTION,
            "transaction net amount": Meaning.AMOUNT,
            "partial balance": Meaning.BALANCE,
        },
    ),
    # "Recebíveis detalhado", the file of Cielo's site.
    Report(
        "Cielo's receivables",
        {
            "data de pagamento": Meaning.DAY,
            "valor liquido": Meaning.AMOUNT,
            "valor bruto": Meaning.GROSS,
            "forma de pagamento": Meaning.DESCRIPTION,
            "bandeira": Meaning.DESCRIPTION,
            "nsu doc": Meaning.DESCRIPTION,
            "status de pagamento": Meaning.STATUS,
        },
        settled=_PAID,
        unsettled=_NOT_YET,
    ),
    # "Recebimentos", sheet "pagamentos", thirty columns.
    Report(
        "Rede's receipts",
        {
            "data do recebimento": Meaning.DAY,
            "valor liquido da parcela": Meaning.AMOUNT,
            "valor bruto da parcela original": Meaning.GROSS,
            "modalidade": Meaning.DESCRIPTION,
            "bandeira": Meaning.DESCRIPTION,
            "nsu cv": Meaning.DESCRIPTION,
        },
    ),
    # "Recebimentos" as CSV, eighteen or twenty columns. One sale has a row for each of its instalments.
    Report(
        "Stone's receipts",
        {
            "data do ultimo status": Meaning.DAY,
            "valor liquido": Meaning.AMOUNT,
            "valor bruto": Meaning.GROSS,
            "categoria": Meaning.KIND,
            "produto": Meaning.DESCRIPTION,
            "bandeira": Meaning.DESCRIPTION,
            "stone id": Meaning.BANK_ID,
            "no da parcela": Meaning.BANK_ID,
            "ultimo status": Meaning.STATUS,
        },
        settled=_PAID,
        unsettled=_NOT_YET,
    ),
    # The statement of its credit card, "fatura", now and as it was until 2023; that of its account has other words.
    Report("Nubank's card", _CARD, portuguese=False, alone=True),
    Report("Nubank's card", {**_CARD, "category": Meaning.KIND}, portuguese=False, alone=True),
)


def report_of(names: tuple[str, ...]) -> Mapping | None:
    """Return the mapping of the report whose columns these words name, None if it is no known one's."""
    for report in _REPORTS:
        others = set(names) - report.columns.keys()
        if report.columns.keys() <= set(names) and not (report.alone and others):
            # A name that stands twice is read where it stands first.
            columns = tuple(
                report.columns.get(name) if names.index(name) == index else None for index, name in enumerate(names)
            )
            settled, unsettled = (tuple(filter(None, text.split("; "))) for text in (report.settled, report.unsettled))
            return Mapping(
                names,
                columns,
                settled=settled,
                unsettled=unsettled,
                name=report.name,
                portuguese=report.portuguese,
            )
    return None
