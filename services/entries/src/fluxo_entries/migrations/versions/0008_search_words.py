"""Which words a description has, and which ones somebody asks for."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = r"""
-- Lower case without accents, a blank between words and around each mark of ASCII, which is a word of its own. This is
-- asked of every entry that is written: what most of them look like has short ways, and STRICT would keep it from being
-- inlined. The length ends what grows: one character of Unicode may stand for eighteen. Capitals of Latin letters are
-- named, because a database with the locale C knows those of ASCII only.
CREATE FUNCTION search_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN given ~ '^[A-Za-z0-9 ]*$' THEN lower(given)
    WHEN given ~ '^[A-Za-z0-9 áàâãéêíóôõúç]*$' THEN lower(translate(given, 'ãçáéóêíõâúôà', 'acaeoeioauoa'))
    WHEN given ~ '^[A-Za-z0-9 áàâãéêíóôõúçÁÀÂÃÉÊÍÓÔÕÚÇ]*$'
        THEN lower(translate(given, 'ãçáéóêíõâúôàÃÇÁÉÓÊÍÕÂÚÔÀ', 'acaeoeioauoaACAEOEIOAUOA'))
    ELSE regexp_replace(lower(left(replace(replace(replace(translate(
        normalize(regexp_replace(normalize(folded(given), NFKD),
            '[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]', '', 'g'), NFC),
        U&'\00F8\0142\0111\0127\0167\00F0\0131\00D8\0141\0110\0126\0166\00D0\00C6\0152\1E9E\2010\2012'
        '\2013\2014\2015\2212\2018\2019\201A\201B\2032\201C\201D\201E\201F\00AB\00BB\1680\2800',
        U&'oldhtdioldhtd\00E6\0153\00DF------\0027\0027\0027\0027\0027\0022\0022\0022\0022\0022\0022  '),
        U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), 400)), '[!-/:-@[-`{-~]', ' \& ', 'g')
    END;

-- Each word with its merchant, so that nobody's search reads through the entries of others.
CREATE FUNCTION search_words(merchant_id text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(string_to_array(
    merchant_id || ':' || replace(search_text(description), ' ', ' ' || merchant_id || ':'), ' '));

-- Every word asked for begins one of the description's. What parts words counts only where nothing else is asked for.
CREATE FUNCTION search_query(merchant_id text, asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg(
        '''' || replace(replace(merchant_id || ':' || word, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    FROM (SELECT word, word !~ '^[-''",.;:!?()]$' AS counts, bool_or(word !~ '^[-''",.;:!?()]$') OVER () AS any_counts
        FROM regexp_split_to_table(search_text(asked), ' ') AS word WHERE word <> '') AS words
    WHERE counts OR NOT any_counts
);
"""


def upgrade() -> None:
    run_sql(UP)
    grant(
        "EXECUTE ON FUNCTION search_text(text)",
        "EXECUTE ON FUNCTION search_words(text, text)",
        "EXECUTE ON FUNCTION search_query(text, text)",
    )


def downgrade() -> None:
    run_sql("DROP FUNCTION search_query(text, text), search_words(text, text), search_text(text)")
