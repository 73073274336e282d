"""Who may do what? The whole permission policy: three roles, one table, no exceptions elsewhere.

A door finds out who is calling and asks `may`; use-cases do not ask again. docs/access.md has the table for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What one can want of the archive; every route of the web side names one."""

    OPEN = "open"  # health, the page's own files, signing in: nobody is asked
    OWN = "own"  # one's own session, password and tokens
    VIEW = "view"  # find, retrieve, show, download
    STORE = "store"  # bring objects in
    EDIT = "edit"  # correct, regroup, copy without identity
    DELETE = "delete"  # to the trash and back
    SEND = "send"  # to other systems, and fetch from them
    MANAGE = "manage"  # users, devices, other archives, settings, deleting for good


_VIEWER = frozenset((Action.OPEN, Action.OWN, Action.VIEW))
_OPERATOR = _VIEWER | {Action.STORE, Action.EDIT, Action.DELETE, Action.SEND}
ROLES: dict[str, frozenset[Action]] = {
    "viewer": _VIEWER,
    "operator": _OPERATOR,
    "administrator": frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class Who:
    """A caller: the user's name and role, and by what it was known: session, token, password, or open."""

    name: str
    role: str
    by: str


# Everybody, while no sign-in is configured.
EVERYBODY = Who("", "administrator", "open")


def may(who: Who | None, action: Action | None) -> bool:
    """Say whether a caller may do this; what names no action is nobody's."""
    if action is Action.OPEN:
        return True
    if who is None or action is None:
        return False
    return action in ROLES.get(who.role, frozenset())


def lesser(one: str, other: str) -> str:
    """Return the role of two that may less."""
    return min(one, other, key=lambda role: len(ROLES.get(role, ())))
