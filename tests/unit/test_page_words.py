"""Does the page explain every setting and name every kind of job in Chinese too? English comes from the program."""

from __future__ import annotations

import re
from pathlib import Path

from lumenarc.config import Settings
from lumenarc.doors.worker.tasks import TASKS

PAGES = Path(__file__).parents[2] / "web/src/pages/admin"


def test_every_setting_is_explained_in_chinese() -> None:
    """No setting without words, and no words without a setting."""
    source = (PAGES / "settingDocs.ts").read_text("utf-8")
    explained = re.findall(r"^  (\w+): '([^']+)',$", source, re.MULTILINE)
    assert [name for name, _words in explained] == list(Settings.model_fields)
    assert all(re.search(r"[\u4e00-\u9fff]", words) for _name, words in explained)


def test_every_kind_of_job_has_a_name() -> None:
    source = (PAGES.parents[1] / "ui/tasks.ts").read_text("utf-8")
    table = re.search(r"const TASKS[^{]*\{(.*?)\n\};", source, re.DOTALL)
    assert table is not None
    assert set(re.findall(r"(\w+): \(\) =>", table.group(1))) == {task.name for task in TASKS}
