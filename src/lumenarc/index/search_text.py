"""How free text and names are found by any part of them: trigram indexes, kept by the database itself.

SQLite: an FTS5 table over `study.search_text`, filled by triggers, and a count of visible studies, because counting a
million rows takes as long as reading them (made by migrations/v0001_first.py). PostgreSQL: a pg_trgm index where the
extension may be created; without it LIKE scans.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

TRIGRAM_INDEX = "ix_study_search_text"
# Words in more than one of so many studies: reading the studies in order finds a page sooner than sorting all of them.
_ONE_IN = 8
_PROBE = """SELECT 1 FROM study_text WHERE study_text MATCH :words
    LIMIT 1 OFFSET max(1000, (SELECT n FROM study_count) / :one_in)"""


def install(connection: Connection) -> None:
    """Make PostgreSQL's trigram index where that is allowed and has not been done; SQLite has its own (v0001)."""
    if connection.dialect.name == "sqlite" or has_trigrams(connection):
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql(
                f"CREATE INDEX IF NOT EXISTS {TRIGRAM_INDEX} ON study USING gin (search_text gin_trgm_ops)"
            )
    except DBAPIError:
        # Not allowed, or not installed: the same answers, found by reading every row.
        return


def has_trigrams(connection: Connection) -> bool:
    """Tell whether the trigram index is there."""
    found = connection.execute(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": TRIGRAM_INDEX})
    return bool(found.scalar())


def are_common(connection: Connection, words: tuple[str, ...]) -> bool:
    """Tell whether so many studies have all of these folded words that an index is the longer way (SQLite).

    At 100,000 studies: a word in all of them is known to be common after 2 ms; its index would take 130.
    """
    phrases = trigram_phrases(words)
    if connection.dialect.name != "sqlite" or not phrases:
        return False
    return connection.execute(text(_PROBE), {"words": phrases, "one_in": _ONE_IN}).first() is not None


def trigram_phrases(words: tuple[str, ...]) -> str:
    """Return what the trigram index is asked: every word long enough for it."""
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in words if len(word) >= 3)
