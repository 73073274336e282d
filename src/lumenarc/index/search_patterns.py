"""How text patterns are said in SQL: GLOB in SQLite, LIKE in PostgreSQL, both case-sensitive (PS3.4 C.2.2.2.4)."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, text

from lumenarc.index.schema import study
from lumenarc.index.search_text import trigram_phrases

Condition = ColumnElement[bool]
_BEGINNING = """study.pk IN (SELECT rowid FROM study_text WHERE study_text MATCH (
    SELECT coalesce(group_concat('"' || replace(term, '"', '""') || '"', ' OR '), '""') FROM study_trigram
    WHERE term >= :{low} AND term < :{high}))"""
_LAST = chr(0x10FFFF)


def any_glob(column: Any, patterns: tuple[str, ...], *, sqlite: bool, literal: str | None = None) -> Condition:
    """Return that one of the patterns matches; `literal` is a part of them in which * and ? are themselves."""
    return or_(*(_glob(column, pattern, sqlite, literal) for pattern in patterns))


def _glob(column: Any, pattern: str, sqlite: bool, literal: str | None) -> Condition:
    if literal is not None:
        start, end = pattern[: pattern.index(literal)], pattern[pattern.index(literal) + len(literal) :]
        parts = [(start, True), (literal, False), (end, True)]
    else:
        parts = [(pattern, True)]
        if "*" not in pattern and "?" not in pattern:
            return column == pattern  # type: ignore[no-any-return]  # a column compares to a condition
    written = "".join((_as_glob if sqlite else _as_like)(part, wild) for part, wild in parts)
    matched = column.op("GLOB", is_comparison=True)(written) if sqlite else column.like(written, escape="!")
    prefix = re.split(r"[*?]", pattern, maxsplit=1)[0]
    if prefix and literal is None:
        # Said again as a range: an index finds it whatever the collation or the bound value.
        return and_(column >= prefix, column < prefix + _LAST, matched)
    return matched  # type: ignore[no-any-return]  # as above


def _as_glob(part: str, wild: bool) -> str:
    special = r"\[" if wild else r"[\[*?]"
    return re.sub(special, lambda match: f"[{match[0]}]", part)


def _as_like(part: str, wild: bool) -> str:
    escaped = re.sub(r"[!%_]", lambda match: "!" + match[0], part)
    return escaped.replace("*", "%").replace("?", "_") if wild else escaped


def literal_runs(pattern: str) -> tuple[str, ...]:
    """Return the parts of a folded name pattern that stand in search text as they are, two characters or more."""
    return tuple(run for run in re.split(r"[*?^=\s]+", pattern) if len(run) >= 2)


def contains_words(words: tuple[str, ...], *, sqlite: bool, common: bool = False) -> Condition:
    """Return that all folded words occur in the text of a study; three characters and more use the index.

    Unless they are `common`: then the studies are read one after the other (search_text.are_common).

    So do two that are not ASCII (a Chinese given name): all stored trigrams that begin with them are looked up. Two
    Latin letters are in so many texts that reading rows in order is faster.
    """
    if not sqlite:
        return and_(*(study.c.search_text.like(f"%{_as_like(word, False)}%", escape="!") for word in words))
    parts: list[Condition] = []
    match = trigram_phrases(words)
    if match and not common:
        candidates = text("study.pk IN (SELECT rowid FROM study_text WHERE study_text MATCH :words)")
        parts.append(candidates.bindparams(words=match))  # type: ignore[arg-type]  # text is a condition as it stands
    for number, word in enumerate(word for word in words if len(word) == 2 and not word.isascii()):
        low, high = f"low{number}", f"high{number}"
        candidates = text(_BEGINNING.format(low=low, high=high)).bindparams(**{low: word, high: word + _LAST})
        parts.append(candidates)  # type: ignore[arg-type]  # as above
    parts.extend(func.instr(study.c.search_text, word) > 0 for word in words)
    return and_(*parts)
