"""How free text and names are found by any part of them: trigram indexes, kept by the database itself.

SQLite: an FTS5 table over `study.search_text`, filled by triggers, and a count of visible studies, because counting a
million rows takes as long as reading them. PostgreSQL: a pg_trgm index where the extension may be created; without it
LIKE scans.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

_SQLITE = (
    # Two blanks at the end: the last one and two characters begin a trigram as well.
    "CREATE VIEW IF NOT EXISTS study_text_source AS SELECT pk, search_text || '  ' AS search_text FROM study",
    "CREATE VIRTUAL TABLE IF NOT EXISTS study_text USING fts5(search_text, content='study_text_source', "
    "content_rowid='pk', tokenize='trigram')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS study_trigram USING fts5vocab('study_text', 'row')",
    "CREATE TRIGGER IF NOT EXISTS study_text_insert AFTER INSERT ON study BEGIN "
    "INSERT INTO study_text(rowid, search_text) VALUES (new.pk, new.search_text || '  '); END",
    "CREATE TRIGGER IF NOT EXISTS study_text_delete AFTER DELETE ON study BEGIN "
    "INSERT INTO study_text(study_text, rowid, search_text) VALUES ('delete', old.pk, old.search_text || '  '); END",
    "CREATE TRIGGER IF NOT EXISTS study_text_update AFTER UPDATE OF search_text ON study BEGIN "
    "INSERT INTO study_text(study_text, rowid, search_text) VALUES ('delete', old.pk, old.search_text || '  '); "
    "INSERT INTO study_text(rowid, search_text) VALUES (new.pk, new.search_text || '  '); END",
    "CREATE TABLE IF NOT EXISTS study_count (n INTEGER NOT NULL)",
    "INSERT INTO study_count SELECT (SELECT count(*) FROM study WHERE n_instances > 0) WHERE NOT EXISTS "
    "(SELECT 1 FROM study_count)",
    "CREATE TRIGGER IF NOT EXISTS study_count_insert AFTER INSERT ON study WHEN new.n_instances > 0 BEGIN "
    "UPDATE study_count SET n = n + 1; END",
    "CREATE TRIGGER IF NOT EXISTS study_count_delete AFTER DELETE ON study WHEN old.n_instances > 0 BEGIN "
    "UPDATE study_count SET n = n - 1; END",
    "CREATE TRIGGER IF NOT EXISTS study_count_update AFTER UPDATE OF n_instances ON study "
    "WHEN (old.n_instances > 0) <> (new.n_instances > 0) BEGIN "
    "UPDATE study_count SET n = n + (new.n_instances > 0) - (old.n_instances > 0); END",
)


def install(connection: Connection) -> None:
    """Make what is missing of the search structures; rows that were there before are taken in."""
    if connection.dialect.name == "sqlite":
        known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'study_text'")).first()
        for statement in _SQLITE:
            connection.exec_driver_sql(statement)
        if known is None:
            connection.exec_driver_sql("INSERT INTO study_text(study_text) VALUES ('rebuild')")
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql(
                "CREATE INDEX IF NOT EXISTS ix_study_search_text ON study USING gin (search_text gin_trgm_ops)"
            )
    except DBAPIError:
        # Not allowed, or not installed: the same answers, found by reading every row.
        return
