"""Is an unknown caller from elsewhere refused, remembered, and let in after one click?"""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.doors.dimse.policy import admit
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, CALLING_UNKNOWN
from lumenarc.protocol.ul.pdu import AssociateRq
from lumenarc.transport.requests import Admitted, Caller


def calls(host: str, calling: str = "CT1", called: str = "LUMENARC") -> Caller:
    return Caller(AssociateRq(called, calling, (), UserInformation()), host, is_tls=False)


def test_refused_suggested_registered_welcome(tmp_path: Path) -> None:
    archive = open_archive(load(data=tmp_path / "data"))
    client = TestClient(create_app(archive, ServerInfo()), base_url="http://localhost")
    assert admit(archive, calls("192.0.2.7", called="OTHER")) == CALLED_UNKNOWN
    assert isinstance(admit(archive, calls("127.0.0.1")), Admitted)
    for _time in range(2):
        assert admit(archive, calls("192.0.2.7")) == CALLING_UNKNOWN
    assert admit(archive, calls("192.0.2.8", "SCAN")) == CALLING_UNKNOWN

    suggested = {(one["title"], one["host"], one["n_refused"]) for one in client.get("/api/aes-unknown").json()}
    assert suggested == {("CT1", "192.0.2.7", 2), ("SCAN", "192.0.2.8", 1)}
    assert client.delete("/api/aes-unknown/SCAN").status_code == 204
    assert client.delete("/api/aes-unknown/SCAN").status_code == 404
    client.put("/api/aes/CT1", json={"host": "192.0.2.7", "port": 104, "may": ["store"]})
    assert client.get("/api/aes-unknown").json() == []
    admitted = admit(archive, calls("192.0.2.7"))
    assert isinstance(admitted, Admitted)
    # What it may not do is not even offered.
    find, ct = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.1.2"
    assert admitted.offer.transfer_syntax(find, ("1.2.840.10008.1.2",), False) is None
    assert admitted.offer.transfer_syntax(ct, ("1.2.840.10008.1.2",), False) == "1.2.840.10008.1.2"
    archive.close()
