"""The words that stand above columns, in Portuguese and English, and what they say."""

from collections.abc import Sequence
from typing import Final

from fluxo_statements.sheets.acquirers import report_of
from fluxo_statements.sheets.mapping import Mapping, Meaning, words

# Where several columns of a sheet say the same, the one whose word comes first here is it.
_PORTUGUESE: Final = {
    Meaning.DAY: "data; data lancamento; data do lancamento; data de lancamento; data mov; data movimento; "
    "data do movimento; data movimentacao; data da movimentacao; data transacao; data da transacao; data da operacao; "
    "data operacao; data hora; data e hora; data de pagamento; data do pagamento; data pagamento; data do recebimento; "
    "data recebimento; data do credito; dt; dt mov; dt movimento; dt lancamento; dia; data contabil; data balancete",
    Meaning.AMOUNT: "valor liquido; liquido; valor; valor lancamento; valor do lancamento; valor da transacao; "
    "valor transacao; valor movimento; valor do movimento; valor da operacao; quantia; montante",
    Meaning.MONEY_IN: "credito; creditos; entrada; entradas; valor credito; valor do credito; valor entrada; "
    "valor creditado; receita; receitas",
    Meaning.MONEY_OUT: "debito; debitos; saida; saidas; valor debito; valor do debito; valor saida; valor debitado; "
    "despesa; despesas",
    Meaning.DIRECTION: "d c; c d; dc; cd; debito credito; credito debito; deb cred; cred deb; debito ou credito; "
    "natureza; natureza do lancamento; sinal; entrada saida",
    Meaning.DESCRIPTION: "historico; descricao; lancamento; detalhes; detalhe; titulo; descricao do lancamento; "
    "descricao lancamento; historico do lancamento; historico complementar; complemento; descricao da transacao; "
    "estabelecimento; favorecido; observacao",
    Meaning.BALANCE: "saldo; saldos; saldo apos lancamento; saldo apos o lancamento; saldo da conta; saldo conta",
    Meaning.KIND: "tipo; tipo lancamento; tipo de lancamento; tipo do lancamento; tipo movimento; tipo de movimento; "
    "tipo transacao; tipo de transacao; tipo da transacao; categoria",
    Meaning.BANK_ID: "identificador; id da transacao; id transacao; codigo da transacao; codigo transacao; "
    "id da operacao; id do lancamento",
    Meaning.ACCOUNT: "conta; conta corrente; numero da conta",
    Meaning.CURRENCY: "moeda",
    Meaning.GROSS: "valor bruto; bruto",
}
_ENGLISH: Final = {
    Meaning.DAY: "date; transaction date; booking date; booked date; posting date; posted date; post date; "
    "completed date; value date",
    Meaning.AMOUNT: "net amount; net; amount; transaction amount; value",
    Meaning.MONEY_IN: "credit; credits; deposit; deposits; paid in; money in; amount in; credit amount",
    Meaning.MONEY_OUT: "debit; debits; withdrawal; withdrawals; paid out; money out; amount out; debit amount",
    Meaning.DIRECTION: "debit credit; credit debit; dr cr; cr dr; sign; direction; credit debit indicator",
    Meaning.DESCRIPTION: "description; details; narrative; memo; payee; title; particulars; transaction description; "
    "merchant",
    Meaning.BALANCE: "balance; running balance; account balance; balance after",
    Meaning.KIND: "type; transaction type; category",
    Meaning.BANK_ID: "transaction id; fitid; end to end id; endtoendid; uuid",
    Meaning.ACCOUNT: "account; account number; iban",
    Meaning.CURRENCY: "currency",
    Meaning.GROSS: "gross amount; gross",
}
_ONCE: Final = {Meaning.DAY, Meaning.AMOUNT, Meaning.MONEY_IN, Meaning.MONEY_OUT}
"""Two columns of one name for these are understood as neither: which is meant is to be said."""
_WORDS: Final = {
    phrase: (meaning, rank, language is _PORTUGUESE)
    for language in (_PORTUGUESE, _ENGLISH)
    for meaning, phrases in language.items()
    for rank, phrase in enumerate(phrases.split("; "))
}


def mapping_of(header: Sequence[str]) -> Mapping:
    """Return what a header's words say; `lacks` tells whether that is enough.

    The number of a document (Documento, Reference) is no bank's id, for banks write one number on many lines, nor is
    a bare ID, which counts the rows of one file.
    """
    names = tuple(map(words, header))
    if (report := report_of(names)) is not None:
        return report
    columns: list[Meaning | None] = [None] * len(names)
    best: dict[Meaning, tuple[int, int]] = {}
    portuguese = False
    for index, name in enumerate(names):
        if name not in _WORDS:
            continue
        meaning, rank, in_portuguese = _WORDS[name]
        portuguese |= in_portuguese
        if meaning is Meaning.DESCRIPTION:
            columns[index] = meaning
        elif meaning not in best or rank < best[meaning][0]:
            best[meaning] = rank, index
    for meaning, (_rank, index) in best.items():
        if meaning not in _ONCE or names.count(names[index]) == 1:
            columns[index] = meaning
    if Meaning.AMOUNT in best and {Meaning.MONEY_IN, Meaning.MONEY_OUT} & set(best):
        columns[best[Meaning.AMOUNT][1]] = None  # in and out say more than a total of both
    return Mapping(names, tuple(columns), portuguese=portuguese)
