"""Where patients are found by the identifiers that other systems use, and made before an object of them arrives."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, or_, select

from lumenarc.index.corrections import add_alias, add_identifiers, by_identity
from lumenarc.index.schema import patient, patient_identifier


def by_main_id(connection: Connection, value: str, issuer: str) -> list[int]:
    """Return patients of this Patient ID, by primary key: of this issuer if there are any, else those without one.

    Without `issuer` any issuer will do.
    """
    where: list[ColumnElement[bool]] = [patient.c.patient_id == value, patient.c.merged_into.is_(None)]
    if issuer:
        where.append(or_(patient.c.issuer == issuer, patient.c.issuer == ""))
    rows = connection.execute(select(patient.c.pk, patient.c.issuer).where(*where).order_by(patient.c.pk)).all()
    exact = [row.pk for row in rows if row.issuer == issuer]
    return exact or [row.pk for row in rows]


def was_merged(connection: Connection, value: str, issuer: str) -> int | None:
    """Return into which patient one with this Patient ID was merged."""
    where: list[ColumnElement[bool]] = [patient.c.patient_id == value, patient.c.merged_into.is_not(None)]
    if issuer:
        where.append(or_(patient.c.issuer == issuer, patient.c.issuer == ""))
    pk: int | None = connection.execute(select(patient.c.merged_into).where(*where).order_by(patient.c.pk)).scalar()
    return pk


def by_other_id(connection: Connection, value: str, issuer: str) -> list[int]:
    """Return patients that have this identifier beside their Patient ID."""
    joined = patient_identifier.join(patient, patient_identifier.c.patient_fk == patient.c.pk)
    where: list[ColumnElement[bool]] = [patient_identifier.c.value == value, patient.c.merged_into.is_(None)]
    if issuer:
        where.append(patient_identifier.c.issuer == issuer)
    query = select(patient.c.pk).select_from(joined).where(*where).distinct().order_by(patient.c.pk)
    return list(connection.execute(query).scalars())


def claim_identity(connection: Connection, identity: str, pk: int) -> None:
    """Let objects of an identity belong to a patient, unless they belong to somebody already."""
    if by_identity(connection, identity) is None:
        add_alias(connection, identity, pk)


def remember_identifier(connection: Connection, pk: int, value: str, issuer: str) -> None:
    """Note another identifier of a patient."""
    add_identifiers(connection, pk, [{"value": value, "issuer": issuer}])
