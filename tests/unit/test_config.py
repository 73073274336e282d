"""Do settings come from file, environment and command line in that order, and are mistakes named?"""

from __future__ import annotations

from pathlib import Path

import pytest

from lumenarc.config import BadSetting, Settings, load


def test_the_later_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lumenarc.toml"
    file.write_text('aet = "FILE"\ndicom_port = 1\nhttp_port = 2\n')
    monkeypatch.setenv("LUMENARC_DICOM_PORT", "3")
    monkeypatch.setenv("LUMENARC_HTTP_PORT", "4")
    found = load(file, http_port=5, aet=None)
    assert (found.aet, found.dicom_port, found.http_port) == ("FILE", 3, 5)


def test_an_unknown_name_is_an_error_with_a_hint(tmp_path: Path) -> None:
    file = tmp_path / "lumenarc.toml"
    file.write_text("dicom_prot = 1\n")
    with pytest.raises(BadSetting, match="dicom_port"):
        load(file)


def test_a_bad_value_names_the_setting() -> None:
    with pytest.raises(BadSetting, match="dicom_port"):
        load(dicom_port=70000)


def test_every_setting_has_a_sentence() -> None:
    for name, info in Settings.model_fields.items():
        assert info.description and info.description.endswith("."), name


def test_postgresql_uses_psycopg() -> None:
    assert load(database="postgresql://u@h/d").database_url == "postgresql+psycopg://u@h/d"


def test_a_time_zone_is_a_name_or_an_offset() -> None:
    for name in ("", "Europe/Vienna", "-0330"):
        assert load(timezone=name).timezone == name
    with pytest.raises(BadSetting, match="no time zone"):
        load(timezone="Mars/Olympus")
