"""What does an Instance Availability Notification say of a study? (PS3.4 Table R.3.2-1)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lumenarc.dicom.query import Attributes

IAN = "1.2.840.10008.5.1.4.33"
ONLINE = "ONLINE"


def notification(
    study_uid: str, series: Mapping[str, Iterable[Attributes]], where: Attributes, step_uid: str = ""
) -> Attributes:
    """Return the data set of the N-CREATE.

    `series` are references (SOP class and instance) by Series Instance UID, `where` says of each of them where it is
    and how well it can be had (0008,0054; 0008,0056 …), `step_uid` names the performed procedure step that made them.
    """
    step: Attributes = {
        "00081150": {"vr": "UI", "Value": ["1.2.840.10008.3.1.2.3.3"]},
        "00081155": {"vr": "UI", "Value": [step_uid]},
        "00404019": {"vr": "SQ"},
    }
    return {
        "00081111": {"vr": "SQ", "Value": [step]} if step_uid else {"vr": "SQ"},
        "00081115": {
            "vr": "SQ",
            "Value": [
                {
                    "00081199": {"vr": "SQ", "Value": [{**where, **one} for one in references]},
                    "0020000E": {"vr": "UI", "Value": [uid]},
                }
                for uid, references in series.items()
            ],
        },
        "0020000D": {"vr": "UI", "Value": [study_uid]},
    }
