"""How is a data set freed of identities? PS3.15 Annex E: the Basic Profile and its options, for every nesting level.

Works on a pydicom data set, in a decoding worker. UIDs and date shifts are made with a key: the same original gives
the same replacement everywhere as long as the key is kept, and nobody without it can go back. After the table has been
applied, every text that is left is searched for the identities that were removed.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from pydicom import Dataset, Sequence, config
from pydicom.dataelem import DataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.multival import MultiValue

from lumenarc.dicom.deidentify_policy import OPTIONS, Policy, map_uid
from lumenarc.dicom.deidentify_table import EDITION, ENTRIES, SAFE_PRIVATE
from lumenarc.dicom.lazy import EXPLICIT_BE, IMPLICIT_LE
from lumenarc.errors import BadRequest, NotAcceptable, Refused

_TEXT_VRS = frozenset("AE LO LT PN SH ST UC UR UT CS".split())
_DATE_VRS = frozenset(("DA", "DT", "TM"))
_DUMMIES = {
    "AE": "ANONYMIZED", "AS": "000Y", "CS": "ANONYMIZED", "DA": "19000101", "DS": "0", "DT": "19000101000000",
    "IS": "0", "LO": "ANONYMIZED", "LT": "ANONYMIZED", "PN": "ANONYMIZED", "SH": "ANONYMIZED", "ST": "ANONYMIZED",
    "TM": "000000", "UC": "ANONYMIZED", "UR": "urn:anonymized", "UT": "ANONYMIZED",
    "FL": 0.0, "FD": 0.0, "SL": 0, "SS": 0, "UL": 0, "US": 0, "SV": 0, "UV": 0,
}  # fmt: skip
_IDENTITIES = (
    0x00100010, 0x00100020, 0x00101000, 0x00101001, 0x00101005, 0x00101060, 0x00080050, 0x00080090, 0x00081048,
    0x00081050, 0x00081060, 0x00081070, 0x00080080, 0x00102154, 0x00321032, 0x00200010, 0x00380010, 0x00080092,
    0x00101040, 0x00101090, 0x00080094,
)  # fmt: skip
_SUSPICIOUS = frozenset(("US", "OT", "XC", "ES", "GM", "SM", "DOC", "ECG", "IVUS"))
_WORD = re.compile(r"[^\s^=\\,;]+")


@dataclass(slots=True)
class Report:
    """What was done: counts, and the mapping from old to new UIDs (keep it as safe as the originals)."""

    n_removed: int = 0
    n_emptied: int = 0
    n_replaced: int = 0
    n_cleaned: int = 0
    uids: dict[str, str] = field(default_factory=dict)
    patient_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


def deidentify(ds: Dataset, policy: Policy, key: bytes) -> Report:
    """De-identify a data set in place; `key` (at least 16 bytes) makes the mapping of UIDs, dates and pseudonyms.

    Raises:
        Refused: burnt-in annotation that the policy does not accept.
        BadRequest: the key is too short.
    """
    if len(key) < 16:
        raise BadRequest("The key of the mapping is too short")
    _check_burned_in(ds, policy)
    work = _Work(ds, policy, key)
    work.level(ds, strict=False)
    work.finish(ds)
    return work.report


def deidentify_bytes(data: bytes, transfer_syntax_uid: str, policy: Policy, key: bytes) -> tuple[bytes, Report]:
    """De-identify an encoded data set (without its pixel data, which may follow unchanged).

    Raises:
        Refused, BadRequest: see deidentify.
        NotAcceptable: the data set cannot be written again.
    """
    implicit, little = transfer_syntax_uid == IMPLICIT_LE, transfer_syntax_uid != EXPLICIT_BE
    with config.disable_value_validation():
        ds = Dataset(read_dataset(BytesIO(data), implicit, little))
        report = deidentify(ds, policy, key)
        out = DicomBytesIO()
        out.is_implicit_VR, out.is_little_endian = implicit, little
        try:
            write_dataset(out, ds)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise NotAcceptable("The de-identified data set cannot be written") from error
    return out.getvalue(), report


def _check_burned_in(ds: Dataset, policy: Policy) -> None:
    if policy.burned_in == "accept" or "clean_pixel_data" in policy.options:
        return
    said = str(ds.get("BurnedInAnnotation", "")).strip().upper()
    may = said != "NO" and str(ds.get("Modality", "")) in _SUSPICIOUS and "Rows" in ds
    if said == "YES" or (may and policy.burned_in == "suspect"):
        raise Refused("The image may show the patient's identity in its pixels")


@cache
def _table() -> tuple[dict[int, tuple[str, str]], tuple[tuple[int, int, str, str], ...]]:
    single: dict[int, tuple[str, str]] = {}
    repeated: list[tuple[int, int, str, str]] = []
    for entry in ENTRIES.replace("\n", " ").split(";"):
        parts = entry.split()
        if not parts:
            continue
        tag, action, letters = parts[0], parts[1], parts[2] if len(parts) > 2 else ""
        if "x" in tag:
            mask = int("".join("0" if digit == "x" else "F" for digit in tag), 16)
            repeated.append((mask, int(tag.replace("x", "0"), 16), action, letters))
        else:
            single[int(tag, 16)] = (action, letters)
    return single, tuple(repeated)


def table_entry(tag: int) -> tuple[str, str]:
    """Give action and option letters of an attribute; ("K", "") when the table does not name it."""
    single, repeated = _table()
    found = single.get(tag)
    if found is None:
        for mask, value, action, letters in repeated:
            if tag & mask == value:
                return action, letters
    return found or ("K", "")


class _Work:
    """One data set being de-identified."""

    def __init__(self, ds: Dataset, policy: Policy, key: bytes) -> None:
        self.policy, self.key, self.report = policy, key, Report()
        self.letters = frozenset("".join(OPTIONS[name][0] for name in policy.options))
        issuer, patient = str(ds.get("IssuerOfPatientID", "")), str(ds.get("PatientID", ""))
        subject = f"{issuer}|{patient}|{ds.get('PatientName', '')}" if not patient else f"{issuer}|{patient}"
        digest = hmac.digest(key, b"patient " + subject.encode("utf-8", "replace"), "sha256")
        self.pseudonym = f"ANON-{digest.hex()[:12].upper()}"
        self.shift = -timedelta(days=30 + int.from_bytes(digest[-4:], "big") % 3620)
        self.identities = _identities(ds)
        self.scrubber = _scrubber(self.identities)

    def level(self, ds: Dataset, *, strict: bool) -> None:
        """Apply the table to one level; `strict`: inside a replaced sequence every text becomes a dummy."""
        for element in _elements(ds):
            tag = int(element.tag)
            if element.tag.is_private:
                self._private(ds, element)
                continue
            action = self._decide(*table_entry(tag))
            if strict and action == "K" and element.VR in _TEXT_VRS - {"CS"}:
                action = "D"
            elif action == "K" and element.VR == "UN":
                action = "X"  # nobody knows what it means
            self._apply(ds, element, action)

    def _decide(self, action: str, letters: str) -> str:
        kept = [letter for letter in letters if letter in self.letters]
        if any(letter.isupper() for letter in kept):
            return "K"
        if kept:
            return "C" + kept[0]
        if action in ("X/Z/U*", "X/Z"):
            return "Z" if action == "X/Z" else "U"
        return "D" if "/" in action else action

    def _apply(self, ds: Dataset, element: DataElement, action: str) -> None:
        if action == "X":
            del ds[element.tag]
            self.report.n_removed += 1
        elif action == "Z":
            element.value = Sequence() if element.VR == "SQ" else ""
            self.report.n_emptied += 1
        elif action == "D":
            self._replace(ds, element)
        elif element.VR == "SQ":
            for item in element.value or ():
                self.level(item, strict=False)
        elif action == "U":
            self._replace_uids(element)
        elif action[0] == "C":
            self._clean(ds, element)
        else:
            self._scrub(element)

    def _replace(self, ds: Dataset, element: DataElement) -> None:
        self.report.n_replaced += 1
        if element.VR == "SQ":
            for item in element.value or ():
                self.level(item, strict=True)
        elif element.VR == "UI":
            self._replace_uids(element)
        elif element.VR in _DUMMIES:
            element.value = _DUMMIES[element.VR]
        elif element.VR in ("OB", "OW", "UN"):
            element.value = b"\0\0"
        else:
            del ds[element.tag]

    def _replace_uids(self, element: DataElement) -> None:
        value = element.value
        if not value:
            return
        many = isinstance(value, MultiValue | list)
        new = [self._uid(str(uid)) for uid in (value if many else [value])]
        element.value = new if many else new[0]

    def _uid(self, uid: str) -> str:
        new = map_uid(uid, self.key)
        if new != uid:
            self.report.uids[uid] = new
        return new

    def _clean(self, ds: Dataset, element: DataElement) -> None:
        self.report.n_cleaned += 1
        if element.VR in ("DA", "DT"):
            element.value = self._shifted(element.value)
        elif element.VR == "TM":
            return
        elif element.VR in _TEXT_VRS:
            self._scrub(element)
        else:
            # Overlays and curves can hold handwriting: nobody can vouch for them.
            del ds[element.tag]

    def _shifted(self, value: Any) -> Any:
        if isinstance(value, MultiValue | list):
            return [self._shifted(part) for part in value]
        text = str(value or "")
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + self.shift
        except (ValueError, OverflowError):
            return ""
        return f"{day:%Y%m%d}{text[8:]}"

    def _scrub(self, element: DataElement) -> None:
        if self.scrubber is None or element.VR not in _TEXT_VRS or not element.value:
            return
        value = element.value
        many = isinstance(value, MultiValue | list)
        old = [str(part) for part in (value if many else [value])]
        new = [self.scrubber.sub("", part) for part in old]
        if new != old:
            element.value = new if many else new[0]
            self.report.n_cleaned += 1

    def _private(self, ds: Dataset, element: DataElement) -> None:
        tag = element.tag
        if "p" in self.letters:
            block = tag.element if tag.element < 0x100 else tag.element >> 8
            creator = str(ds.get((tag.group, block), DataElement(0x00090010, "LO", "")).value)
            safe = SAFE_PRIVATE.get((creator, tag.group))
            if safe and (tag.element < 0x100 or tag.element & 0xFF in safe) and element.VR not in ("SQ", "UN"):
                return
        del ds[tag]
        self.report.n_removed += 1

    def finish(self, ds: Dataset) -> None:
        """Write the pseudonym and say what was done (PS3.3 C.7.1.1, C.12.1)."""
        options, policy = self.policy.options, self.policy
        ds.PatientName = self.pseudonym if policy.patient_name is None else policy.patient_name
        ds.PatientID = self.pseudonym if policy.patient_id is None else policy.patient_id
        self.report.patient_id = ds.PatientID
        ds.PatientIdentityRemoved = "YES"
        if "clean_pixel_data" in options:
            ds.BurnedInAnnotation = "NO"
        ds.DeidentificationMethod = f"Lumenarc, DICOM PS3.15 {EDITION} Annex E"
        codes = [("113100", "Basic Application Confidentiality Profile")]
        codes += [OPTIONS[name][1:] for name in sorted(options)]
        ds.DeidentificationMethodCodeSequence = Sequence(_code(value, meaning) for value, meaning in codes)
        kept = "UNMODIFIED" if "retain_full_dates" in options else "MODIFIED"
        dated = options & {"retain_full_dates", "retain_modified_dates"}
        ds.LongitudinalTemporalInformationModified = kept if dated else "REMOVED"


def _elements(ds: Dataset) -> Iterator[DataElement]:
    """Give the elements of a level; a value that cannot be read is removed on the way."""
    for tag in list(ds.keys()):
        if tag not in ds:
            continue
        try:
            yield ds[tag]
        except (ValueError, TypeError, NotImplementedError, KeyError):
            del ds[tag]


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning[:64]
    return item


def _identities(ds: Dataset) -> list[str]:
    """Collect the words that name the patient and those around, longest first."""
    words: set[str] = set()
    for tag in _IDENTITIES:
        if tag not in ds:
            continue
        element = ds[tag]
        value = element.value
        for part in value if isinstance(value, MultiValue | list) else [value]:
            text = str(part or "").strip()
            words.add(text)
            if element.VR == "PN":
                words.update(_WORD.findall(text))
    birth = str(ds.get("PatientBirthDate", "") or "")
    words.add(birth)
    return sorted((word for word in words if len(word) >= 3), key=len, reverse=True)


def _scrubber(words: list[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    joined = "|".join(re.escape(word) for word in words[:500])
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)
