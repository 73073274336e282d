"""Does `lumenarc bench` measure other archives too, and say when something failed?"""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_peers import free_port, orthanc, storescp
from tools import run

pytestmark = pytest.mark.conformance


def test_orthanc_is_measured(tmp_path: Path) -> None:
    with orthanc(tmp_path / "orthanc") as peer:
        there = ("-c", f"ORTHANC@127.0.0.1:{peer.port}")
        ran = run("bench", *there, "-n", "6", "--size", "64", "-j", "2", "--json")
        assert ran.code == 0, ran.err
        rows = {row["what"]: row for row in ran.objects()}
        assert [(row["n"], row["failed"]) for row in rows.values()] == [(6, 0)] * 4
        assert list(rows) == ["echo", "store", "find", "retrieve"]
        assert all(row["per_second"] > 0 and row["seconds"] > 0 for row in rows.values())
        assert 0 < rows["find"]["median_ms"] <= rows["find"]["p95_ms"]
        assert rows["retrieve"]["mb_per_second"] > 0
        assert peer.ask("/statistics")["CountInstances"] == 6  # type: ignore[index]


def test_what_fails_is_told(tmp_path: Path) -> None:
    with storescp(tmp_path / "out", "+xi") as scp:  # it takes implicit VR only, and neither finds nor gives
        ran = run("bench", "-c", f"ANY@127.0.0.1:{scp.port}", "-n", "2", "--size", "32", "--only", "echo,store")
    assert ran.code == 1
    head, echo, store = ran.out.splitlines()
    assert head.split()[:3] == ["what", "n", "failed"]
    assert (echo.split()[:3], store.split()[:3]) == (["echo", "2", "0"], ["store", "0", "2"])
    assert "2 failed" in ran.err
    assert run("bench", "-c", f"ANY@127.0.0.1:{free_port()}", "--only", "echo").code == 3
    assert run("bench", "-c", "ANY@127.0.0.1:1", "--only", "everything").code == 2
