"""Does the web side know its callers, and do what their role allows? Cookies, tokens, Basic (docs/access.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from quick_passwords import quick_passwords as quick_passwords
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from web_client import archive as archive
from web_client import calling, pool, sample, stow

from lumenarc.access import ROLES, Action
from lumenarc.app.opening import check_users
from lumenarc.archive import Archive, open_archive
from lumenarc.config import BadSetting, load
from lumenarc.doors.http.app import ROUTES, create_app
from lumenarc.doors.http.context import Context, Endpoint, ServerInfo
from lumenarc.services import users

__all__ = ["pool"]
PASSWORD = "correct horse"
OWN = {"Origin": "http://localhost"}


@pytest.fixture
def staff(archive: Archive) -> Archive:
    """Give an archive with one user of each role."""
    for name, role in (("anna", "administrator"), ("otto", "operator"), ("vera", "viewer")):
        users.add(archive, name, PASSWORD, role, by="test")
    return archive


@pytest.fixture
def client(staff: Archive) -> Iterator[TestClient]:
    with calling(staff) as made:
        yield made


def enter(client: TestClient, name: str) -> dict[str, Any]:
    answer = client.post("/api/session", json={"name": name, "password": PASSWORD}, headers=OWN)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_nothing_is_asked_for_while_there_is_no_user(archive: Archive) -> None:
    with calling(archive) as client:
        assert client.get("/api/session").json() == {
            "required": False,
            "user": None,
            "may": sorted(action.value for action in Action),
        }
        assert stow(client, sample("CT_small.dcm"))[0] == 200
        made = client.post("/api/users", json={"name": "anna", "password": PASSWORD, "role": "administrator"})
        assert made.status_code == 201
        assert client.get("/dicom-web/studies").status_code == 401
        assert client.get("/api/session").json() == {"required": True, "user": None, "may": []}


def test_every_route_names_what_it_needs() -> None:
    assert [f"{route.method} {route.path}" for route in ROUTES if route.needs is None] == []
    open_ones = {route.path for route in ROUTES if route.needs is Action.OPEN}
    assert open_ones == {"/", "/{path:path}", "/healthz", "/readyz", "/api/session"}
    assert {route.method for route in ROUTES if route.needs is Action.VIEW} <= {"GET", "POST"}
    for route in ROUTES:
        if route.needs is Action.VIEW and route.method == "POST":
            assert route.path in ("/api/export",), "what changes something is no viewing"


def token(archive: Archive, name: str, role: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {users.make_token(archive, name, label='test', role=role, days=1)[0]}"}


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_every_route_lets_in_whom_the_policy_says(staff: Archive, role: str) -> None:
    """Every route with its own need, and a handler that says that it was reached."""

    async def reached(_context: Context, _request: Request) -> Response:
        return Response(status_code=204)

    routes = [replace(route, handler=reached) for route in ROUTES]
    headers = {} if role == "nobody" else token(staff, "anna", role)
    with TestClient(create_app(staff, ServerInfo(), routes), base_url="http://localhost") as client:
        for route in ROUTES:
            path = ("" if route.root == "" else "/dicom-web" if route.root == "rs" else "") + route.path
            status = client.request(route.method, path, headers=headers).status_code
            if route.needs is Action.OPEN or (role != "nobody" and route.needs in ROLES[role]):
                assert status == 204, f"{route.method} {route.path}"
            else:
                assert status == (401 if role == "nobody" else 403), f"{route.method} {route.path}"
        # What says nothing of its need is nobody's.
    silent = Endpoint("GET", "/api/silent", reached, "", "")
    with TestClient(create_app(staff, ServerInfo(), [silent]), base_url="http://localhost") as client:
        assert client.get("/api/silent", headers=headers).status_code in (401, 403)


def test_in_and_out_by_cookie(client: TestClient) -> None:
    refused = client.get("/dicom-web/studies")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="lumenarc"')
    wrong = client.post("/api/session", json={"name": "vera", "password": "something else"})
    unknown = client.post("/api/session", json={"name": "nobody", "password": "something else"})
    assert (wrong.status_code, wrong.json()["error"]) == (unknown.status_code, unknown.json()["error"])
    assert wrong.status_code == 401
    assert client.post("/api/session", json={"name": "vera"}).status_code == 400
    answer = client.post("/api/session", json={"name": "Vera", "password": PASSWORD}, headers=OWN)
    assert answer.json() == {
        "required": True,
        "user": {"name": "vera", "role": "viewer"},
        "may": ["open", "own", "view"],
    }
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert client.get("/api/session").json()["user"] == {"name": "vera", "role": "viewer"}
    assert client.get("/dicom-web/studies").status_code == 204
    forbidden = client.post("/api/delete", json={"items": []}, headers=OWN)
    assert (forbidden.status_code, forbidden.json()["error"]) == (403, "Your role does not allow this.")
    assert client.get("/api/users").status_code == 403
    secret = client.cookies["lumenarc_session"]
    assert client.delete("/api/session", headers=OWN).status_code == 204
    assert "lumenarc_session" not in client.cookies
    client.cookies.set("lumenarc_session", secret)
    assert client.get("/dicom-web/studies").status_code == 401


def test_the_cookie_is_for_tls_only_where_there_is_tls(staff: Archive) -> None:
    with TestClient(create_app(staff, ServerInfo()), base_url="https://localhost") as client:
        given = {"name": "vera", "password": PASSWORD}
        answer = client.post("/api/session", json=given, headers={"Origin": "https://localhost"})
        assert "Secure" in answer.headers["set-cookie"].split("; ")
        assert client.get("/dicom-web/studies").status_code == 204


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://ohif.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_change_nothing_and_sign_nobody_in(client: TestClient, foreign: dict[str, str]) -> None:
    """Not even one of `cors_origins`, which may use DICOMweb with a token."""
    enter(client, "anna")
    for method, path in (("DELETE", "/api/session"), ("POST", "/api/users"), ("PUT", "/api/users/vera")):
        assert client.request(method, path, headers=foreign).status_code == 403
    given = {"name": "vera", "password": PASSWORD}
    assert client.post("/api/session", json=given, headers=foreign).status_code == 403
    assert client.get("/api/session").json()["user"]["name"] == "anna"


def test_tokens_for_programs(client: TestClient, staff: Archive) -> None:
    enter(client, "otto")
    made = client.post("/api/tokens", json={"label": "gateway", "role": "administrator", "days": 3}, headers=OWN).json()
    assert (made["role"], made["label"]) == ("operator", "gateway")
    assert [one["id"] for one in client.get("/api/tokens").json()] == [made["id"]]
    assert made["token"] not in client.get("/api/tokens").text
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    client.headers.update(bearer)
    assert stow(client, sample("CT_small.dcm"))[0] == 200
    # A page of `cors_origins` may use a token, and a token makes no other tokens.
    assert client.post("/dicom-web/studies", headers={"Origin": "http://ohif.example"}).status_code == 415
    assert client.post("/api/tokens", json={"label": "more"}).status_code == 403
    assert client.put("/api/session/password", json={"old": PASSWORD, "new": PASSWORD}).status_code == 403
    assert client.get("/api/settings").status_code == 403
    del client.headers["Authorization"]
    enter(client, "otto")
    assert client.delete(f"/api/tokens/{made['id']}", headers=OWN).status_code == 204
    assert client.delete(f"/api/tokens/{made['id']}", headers=OWN).status_code == 404
    client.cookies.clear()
    assert client.get("/dicom-web/studies", headers=bearer).status_code == 401


def test_one_changes_ones_own_password(client: TestClient) -> None:
    enter(client, "vera")
    new = {"old": PASSWORD, "new": "battery staple"}
    assert client.put("/api/session/password", json=new | {"old": "wrong one"}, headers=OWN).status_code == 400
    assert client.put("/api/session/password", json=new | {"new": "short"}, headers=OWN).status_code == 400
    assert client.put("/api/session/password", json=new, headers=OWN).status_code == 204
    assert client.get("/api/session").json()["user"]["name"] == "vera"
    assert client.delete("/api/session?everywhere=1", headers=OWN).status_code == 204
    assert client.post("/api/session", json={"name": "vera", "password": PASSWORD}).status_code == 401


def test_an_administrator_looks_after_users(client: TestClient) -> None:
    enter(client, "anna")
    given = {"name": "Nora", "password": PASSWORD, "role": "viewer"}
    assert client.post("/api/users", json=given, headers=OWN).json()["name"] == "nora"
    assert client.post("/api/users", json=given, headers=OWN).status_code == 409
    assert client.post("/api/users", json={"name": "x"}, headers=OWN).status_code == 400
    changed = client.put("/api/users/nora", json={"role": "operator", "disabled": True}, headers=OWN).json()
    assert (changed["role"], changed["disabled"]) == ("operator", True)
    assert client.put("/api/users/nora", json={"password": "battery staple"}, headers=OWN).status_code == 200
    assert client.delete("/api/users/anna", headers=OWN).status_code == 409
    assert client.delete("/api/users/nora", headers=OWN).status_code == 204
    assert client.put("/api/users/nora", json={"role": "viewer"}, headers=OWN).status_code == 404
    listed = client.get("/api/users")
    assert [user["name"] for user in listed.json()] == ["anna", "otto", "vera"]
    assert "argon2" not in listed.text


def test_the_history_names_who_did_it(client: TestClient) -> None:
    enter(client, "otto")
    client.headers.update(OWN)
    assert stow(client, sample("CT_small.dcm"))[0] == 200
    study = client.get("/dicom-web/studies").json()[0]["0020000D"]["Value"][0]
    patient = client.get(f"/api/studies/{study}/patient").json()["id"]
    change = {"changes": {"00100030": {"vr": "DA", "Value": ["19700101"]}}, "reason": "typing error"}
    assert client.put(f"/api/patients/{patient}", json=change).status_code == 200
    assert client.get(f"/api/studies/{study}/corrections").json()[0]["corrected_by"] == "otto"
    assert client.post("/api/delete", json={"items": [{"study_uid": study}], "reason": "x"}).status_code == 200
    assert client.get("/api/trash").json()["items"][0]["deleted_by"] == "otto"


def test_basic_where_it_is_allowed(tmp_path: Path) -> None:
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0, basic_authentication=True, open_metrics=True))
    users.add(archive, "anna", PASSWORD, "administrator", by="test")
    with calling(archive) as client:
        refused = client.get("/dicom-web/studies")
        assert "Basic" in refused.headers["www-authenticate"]
        browser = {"User-Agent": "Mozilla/5.0"}
        assert "Basic" not in client.get("/dicom-web/studies", headers=browser).headers["www-authenticate"]
        assert client.get("/metrics").status_code == 200
        for _ in range(2):
            assert client.get("/dicom-web/studies", auth=("anna", PASSWORD)).status_code == 204
        # The password is remembered, and not longer than it is right.
        users.set_password(archive, "anna", "battery staple", by="test")
        assert client.get("/dicom-web/studies", auth=("anna", PASSWORD)).status_code == 401
        for given in ("Basic !", "Basic YW5uYQ==", "Basic", "Digest x"):
            assert client.get("/dicom-web/studies", headers={"Authorization": given}).status_code == 401
        answers = [client.get("/dicom-web/studies", auth=("anna", "wrong one")) for _ in range(6)]
        assert {answer.status_code for answer in answers} == {401, 429}
        assert answers[-1].headers["retry-after"] == "900"
    archive.close()


def test_basic_and_metrics_stay_closed_by_themselves(client: TestClient) -> None:
    assert client.get("/dicom-web/studies", auth=("anna", PASSWORD)).status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


def test_beyond_this_machine_somebody_must_be_there(tmp_path: Path) -> None:
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0, host="0.0.0.0"))
    with TestClient(create_app(archive, ServerInfo()), base_url="http://192.0.2.1") as client:
        assert client.get("/dicom-web/studies").status_code == 401
    with pytest.raises(BadSetting, match="user add"):
        check_users(archive)
    users.add(archive, "anna", PASSWORD, "administrator", by="test")
    check_users(archive)
    archive.close()
