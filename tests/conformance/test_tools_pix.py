"""Do hl7pix and hl7pdq ask what hl7apy and hl7 understand, and read what is answered? (IHE ITI-8, ITI-9, ITI-21)"""

from __future__ import annotations

import pytest

from dicom_peers import free_port
from pix_peer import index
from tools import run

pytestmark = pytest.mark.conformance
IDS = [
    {"id": "4711", "issuer": "HOSP", "universal_id": ""},
    {"id": "99", "issuer": "OTHER", "universal_id": "1.2.3"},
]


def test_queries_are_understood_and_answers_read() -> None:
    with index() as (port, seen):
        there = ("-c", f"127.0.0.1:{port}")
        ran = run("hl7pix", *there, "4711^^^HOSP", "OTHER&1.2.3&ISO", "--json")
        assert ran.objects() == [{"ids": IDS, "name": "DOE^JANE", "birth_date": "19710405", "sex": "F"}]
        ran = run("hl7pdq", *there, "@PID.5.1^DOE", "@PID.8^F", "-d", "HOSP", "--limit", "5")
        assert ran.out == "4711^^^HOSP 99^^^OTHER\tDOE^JANE\t19710405\tF\n"
        pix, pdq = seen
        assert [str(pix.segment("MSH")[9]), str(pix.segment("QPD")[1])] == ["QBP^Q23^QBP_Q21", "IHE PIX Query"]
        assert str(pix.segment("QPD")[4]).split("&")[1] == "1.2.3"
        assert str(pdq.segment("QPD")[3]) == "@PID.5.1^DOE~@PID.8^F"
        assert [str(pdq.segment("QPD")[8]), str(pdq.segment("RCP")[2])] == ["^^^HOSP", "5^RD"]


def test_nobody_failures_and_strangers() -> None:
    with index() as (port, _):
        there = ("-c", f"127.0.0.1:{port}")
        nobody = run("hl7pix", *there, "1^^^HOSP")
        assert (nobody.code, nobody.out) == (0, "")
        for word, said in (("broken", "AE AE"), ("stray", "another query"), ("DOE-more", "more patients")):
            ran = run("hl7pdq", *there, f"@PID.5.1^{word}")
            assert (ran.code, said in ran.err) == (1, True), ran
    assert run("hl7pix", "-c", f"127.0.0.1:{free_port()}", "1").code == 3
    for words in (
        ("hl7pdq", "DOE"),
        ("hl7pix", "1|2"),
        ("hl7pix", "1", "--feed", "A40"),
        ("hl7pix", "1", "--feed", "A04"),
    ):
        assert run(*words, "-c", "127.0.0.1:1").code == 2


def test_feeds_are_understood() -> None:
    with index() as (port, seen):
        there = ("-c", f"127.0.0.1:{port}")
        assert (
            run("hl7pix", *there, "4711^^^HOSP", "--feed", "A04", "-p", "5=MÜLLER^JANE", "--json").objects()[0]["code"]
            == "AA"
        )
        assert run("hl7pix", *there, "4711^^^HOSP", "--feed", "A40", "--prior", "12^^^HOSP", "-p", "5=A").code == 0
        told, merged = seen
        assert [str(told.segment("PID")[5]), str(told.segment("PID")[3])] == ["MÜLLER^JANE", "4711^^^HOSP"]
        assert str(merged.segment("MRG")[1]) == "12^^^HOSP"
