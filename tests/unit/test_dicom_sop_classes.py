"""Are the tables of SOP classes and transfer syntaxes complete and consistent with pydicom's registry?"""

from __future__ import annotations

import pydicom.uid
from pydicom._uid_dict import UID_dictionary

from lumenarc.dicom import sop_classes, transfer_syntaxes


def test_every_registered_sop_class_is_in_the_table() -> None:
    registered = {uid for uid, entry in UID_dictionary.items() if entry[1] in ("SOP Class", "Meta SOP Class")}
    assert registered <= set(sop_classes.BY_UID)
    assert len(sop_classes.BY_UID) == len(sop_classes.SOP_CLASSES)
    assert all(uid.startswith("1.2.840.10008.") == (not found.private) for uid, found in sop_classes.BY_UID.items())


def test_every_storage_class_of_the_standard_is_storage() -> None:
    storage = {
        uid
        for uid, entry in UID_dictionary.items()
        if entry[1] == "SOP Class" and entry[0].split(" - ")[0].rstrip(")").endswith(("Storage", "Storage (Retired"))
    }
    assert len(storage) > 180
    assert storage - {"1.2.840.10008.1.3.10"} <= sop_classes.STORAGE_UIDS
    assert len(sop_classes.STORAGE_UIDS) > 250


def test_kinds() -> None:
    assert sop_classes.BY_UID["1.2.840.10008.5.1.4.31"].kind == "worklist"
    assert sop_classes.BY_UID["1.2.840.10008.5.1.4.1.2.2.1"].kind == "find"
    assert sop_classes.BY_UID["1.2.840.10008.5.1.4.1.2.4.3"].kind == "get"
    assert sop_classes.BY_UID["1.2.840.10008.3.1.2.3.3"].kind == "mpps"
    assert sop_classes.content_of("1.2.840.10008.5.1.4.1.1.77.1.1.1") == "video"
    assert sop_classes.content_of("9.9.9") == "other"
    assert sop_classes.may_be_storage("9.9.9")
    assert not sop_classes.may_be_storage("1.2.840.10008.1.1")


def test_transfer_syntaxes_agree_with_pydicom() -> None:
    for uid, entry in UID_dictionary.items():
        if entry[1] != "Transfer Syntax":
            continue
        ours = transfer_syntaxes.BY_UID[uid]
        theirs = pydicom.uid.UID(uid)
        if ours.stored and ours.family not in ("jpip",) and "Papyrus" not in ours.keyword:
            assert ours.encapsulated == (theirs.is_encapsulated or "Encapsulated" in ours.keyword), uid
            assert ours.explicit != theirs.is_implicit_VR, uid
            assert ours.big_endian != theirs.is_little_endian, uid
    assert transfer_syntaxes.of("9.9").encapsulated
    assert transfer_syntaxes.is_video("1.2.840.10008.1.2.4.107")
    assert not transfer_syntaxes.is_lossy("1.2.840.10008.1.2.4.90")
