"""Are users, sessions, tokens and wrong passwords kept as docs/access.md says, on both databases?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from quick_passwords import quick_passwords as quick_passwords

from lumenarc.access import ROLES, Action, Who, lesser, may
from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.errors import BadRequest, NotFound, NotSignedIn, Refused, TooManyAttempts
from lumenarc.services import passwords, sign_in, users

PASSWORD = "correct horse"
OTHER = "battery staple"
MINUTE, HOUR = 60_000, 3_600_000


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archive(settings: Settings, clock: Clock) -> Iterator[Archive]:
    opened = open_archive(settings, clock)
    yield opened
    opened.close()


@pytest.fixture
def anna(archive: Archive) -> users.Account:
    return users.add(archive, "Anna", PASSWORD, "administrator", by="test")


def test_users_are_made_changed_and_removed(archive: Archive) -> None:
    assert not users.is_any(archive)
    with pytest.raises(Refused, match="first user"):
        users.add(archive, "bob", PASSWORD, "viewer", by="test")
    anna = users.add(archive, " ANNA ", PASSWORD, "administrator", by="test")
    assert (anna.name, anna.role, anna.disabled) == ("anna", "administrator", False)
    assert PASSWORD not in anna.password_hash
    assert users.is_any(archive)
    for name, password, role in (("anna", PASSWORD, "viewer"), ("a b", PASSWORD, "viewer"), ("bob", PASSWORD, "chief")):
        with pytest.raises((BadRequest, Refused)):
            users.add(archive, name, password, role, by="test")
    for password in ("short", "x" * 1001):
        with pytest.raises(BadRequest, match="10 to 1000"):
            users.add(archive, "bob", password, "viewer", by="test")
    users.add(archive, "李雷", PASSWORD, "viewer", by="test")
    with pytest.raises(Refused, match="last administrator"):
        users.set_role(archive, "anna", "viewer", by="test")
    with pytest.raises(Refused, match="last administrator"):
        users.set_disabled(archive, "anna", True, by="test")
    with pytest.raises(Refused, match="last administrator"):
        users.remove(archive, "anna", by="test", even_last=True)
    users.set_role(archive, "李雷", "administrator", by="test")
    users.remove(archive, "Anna", by="test")
    assert [user.name for user in users.all_users(archive)] == ["李雷"]
    with pytest.raises(NotFound):
        users.remove(archive, "anna", by="test")
    with pytest.raises(NotFound):
        users.get(archive, "anna")
    users.remove(archive, "李雷", by="test", even_last=True)
    assert not users.is_any(archive)


def test_a_session_ends_when_idle_when_old_and_when_told(archive: Archive, anna: users.Account, clock: Clock) -> None:
    secret, who = sign_in.open_session(archive, anna, "host")
    assert who == Who("anna", "administrator", "session")
    assert sign_in.known_by(archive, secret, "session") == who
    assert sign_in.known_by(archive, secret, "token") is None
    assert sign_in.known_by(archive, secret + "x", "session") is None
    for _ in range(11):
        clock.ms += 59 * MINUTE
        assert sign_in.known_by(archive, secret, "session") == who
    clock.ms += 61 * MINUTE
    assert sign_in.known_by(archive, secret, "session") is None
    secret, _ = sign_in.open_session(archive, anna, "host")
    started = clock.ms
    while clock.ms + 59 * MINUTE < started + 12 * HOUR:
        clock.ms += 59 * MINUTE
        assert sign_in.known_by(archive, secret, "session") == who
    clock.ms = started + 12 * HOUR
    assert sign_in.known_by(archive, secret, "session") is None
    first, second = (sign_in.open_session(archive, anna, "host")[0] for _ in range(2))
    sign_in.close_session(archive, first)
    assert sign_in.known_by(archive, first, "session") is None
    assert sign_in.known_by(archive, second, "session") is not None
    sign_in.close_all(archive, "anna")
    assert sign_in.known_by(archive, second, "session") is None


def test_what_changes_a_user_ends_what_they_hold(archive: Archive, anna: users.Account) -> None:
    bob = users.add(archive, "bob", PASSWORD, "operator", by="test")

    def held() -> list[str]:
        token, _ = users.make_token(archive, "bob", label="gateway", role="", days=1)
        return [token, sign_in.open_session(archive, bob, "host")[0]]

    token, secret = held()
    users.set_role(archive, "bob", "viewer", by="test")
    assert sign_in.known_by(archive, secret, "session") == Who("bob", "viewer", "session")
    assert sign_in.known_by(archive, token, "token") == Who("bob", "viewer", "token")
    sign_in.change_password(archive, Who("bob", "viewer", "session"), PASSWORD, OTHER, host="h", secret=secret)
    assert sign_in.known_by(archive, secret, "session") is not None
    assert sign_in.known_by(archive, token, "token") is None
    with pytest.raises(BadRequest, match="wrong"):
        sign_in.change_password(archive, Who("bob", "viewer", "session"), PASSWORD, OTHER, host="h", secret=secret)
    assert sign_in.check_password(archive, "BOB", OTHER, "host").name == "bob"
    users.set_password(archive, "bob", PASSWORD, by="test")
    assert sign_in.known_by(archive, secret, "session") is None
    token, secret = held()
    users.set_disabled(archive, "bob", True, by="test")
    for kind, given in (("token", token), ("session", secret)):
        assert sign_in.known_by(archive, given, kind) is None
    with pytest.raises(NotSignedIn):
        sign_in.check_password(archive, "bob", PASSWORD, "host")
    users.set_disabled(archive, "bob", False, by="test")
    assert sign_in.known_by(archive, token, "token") is None
    _, secret = held()
    users.remove(archive, "bob", by="test")
    assert sign_in.known_by(archive, secret, "session") is None


def test_a_token_may_no_more_than_its_user_and_ends(archive: Archive, anna: users.Account, clock: Clock) -> None:
    secret, token = users.make_token(archive, "anna", label="viewer", role="viewer", days=2)
    assert sign_in.known_by(archive, secret, "token") == Who("anna", "viewer", "token")
    users.add(archive, "bob", PASSWORD, "viewer", by="test")
    _, bobs = users.make_token(archive, "bob", label="mine", role="administrator", days=1)
    assert bobs.role == "viewer"
    for label, role, days in (("", "viewer", 1), ("x", "chief", 1), ("x", "viewer", 0), ("x" * 101, "viewer", 1)):
        with pytest.raises(BadRequest):
            users.make_token(archive, "anna", label=label, role=role, days=days)
    assert [users.token_as_json(one)["id"] for one in users.tokens(archive, "anna")] == [token.digest[:16]]
    with pytest.raises(NotFound):
        users.revoke_token(archive, "bob", token.digest[:16])
    clock.ms += 2 * 24 * HOUR
    assert sign_in.known_by(archive, secret, "token") is None
    assert users.tokens(archive, "anna") == []
    secret, token = users.make_token(archive, "anna", label="again", role="", days=2)
    users.revoke_token(archive, "anna", token.digest[:16])
    assert sign_in.known_by(archive, secret, "token") is None


def test_guessing_is_slowed_down(archive: Archive, anna: users.Account, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            sign_in.check_password(archive, "anna", OTHER, "evil")
    with pytest.raises(TooManyAttempts):
        sign_in.check_password(archive, "anna", PASSWORD, "evil")
    assert sign_in.check_password(archive, "anna", PASSWORD, "good").name == "anna"
    for number in range(45):
        with pytest.raises(NotSignedIn):
            sign_in.check_password(archive, f"nobody{number}", OTHER, "evil")
    with pytest.raises(TooManyAttempts):
        sign_in.check_password(archive, "somebody", PASSWORD, "evil")
    clock.ms += 16 * MINUTE
    assert sign_in.check_password(archive, "anna", PASSWORD, "evil").name == "anna"


def test_guesses_at_once_are_all_counted(archive: Archive, anna: users.Account) -> None:
    def guess(_number: int) -> str:
        with pytest.raises((NotSignedIn, TooManyAttempts)) as refused:
            sign_in.check_password(archive, anna.name, OTHER, "192.0.2.1")
        return refused.typename

    with ThreadPoolExecutor(8) as guessing:
        answers = list(guessing.map(guess, range(16)))
    assert answers.count("NotSignedIn") >= 5
    assert answers[-1] == "TooManyAttempts"


def test_passwords_are_kept_as_argon2id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(kept, PASSWORD)
    assert not passwords.is_right(kept, OTHER)
    assert not passwords.is_right("", PASSWORD)
    assert not passwords.is_outdated(kept)


def test_the_policy() -> None:
    rights = [len(actions) for actions in ROLES.values()]
    assert rights == sorted(rights) and all(low < high for low, high in pairwise(rights))
    assert may(None, Action.OPEN) and not may(None, Action.VIEW)
    viewer = Who("v", "viewer", "session")
    assert [action for action in Action if may(viewer, action)] == [Action.OPEN, Action.OWN, Action.VIEW]
    administrator = replace(viewer, role="administrator")
    assert not may(administrator, None) and not may(replace(viewer, role="chief"), Action.VIEW)
    assert lesser("operator", "viewer") == lesser("viewer", "administrator") == "viewer"
