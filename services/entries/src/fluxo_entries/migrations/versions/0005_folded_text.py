"""How a text is compared with what somebody asks for."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = r"""
-- The same for all that people call the same word: in capitals or not (upper first: of two small sigmas there is one
-- capital), wide or narrow, and whatever has no shape left out. The characters are those of domain/text.py.
CREATE FUNCTION folded(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(lower(upper(normalize(regexp_replace(given,
    '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164'
    '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]',
    '', 'g'), NFKC))));
"""


def upgrade() -> None:
    run_sql(UP)
    grant("EXECUTE ON FUNCTION folded(text)")


def downgrade() -> None:
    run_sql("DROP FUNCTION folded(text)")
