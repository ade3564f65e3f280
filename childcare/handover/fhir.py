"""A child's record as FHIR R5: who it is, every vaccination, every measurement.

A Bundle of the type "collection": the resources and nothing more. A "document" would begin with a
Composition that somebody answers for as a whole; here two sides stand beside each other, and
nobody has vouched for both.

Written as plain dicts, since models of all of FHIR take a process half a second and 27 MB to load;
the tests read every bundle with them.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid5

from django.utils import translation

from childcare import words
from childcare.growth.measurements import Measurement
from childcare.growth.standard import Measure
from childcare.handover import words as handover_words
from childcare.handover.sheet import HandedDose, doses_of
from childcare.record import Record, Source
from childcare.schedule import the_schedule
from portal.residents.models import Resident

CONTENT_TYPE = "application/fhir+json"
# The schedule's codes have no registered system; this name is ours alone.
OUR_VACCINES = "urn:annai:vaccine"
CVX = "http://hl7.org/fhir/sid/cvx"
# Codes of the list of vaccines of the US CDC, as of 2025-09-03, where the Japanese product surely
# is what the code says; "unspecified" where products differ. What is not here goes by its name.
CVX_CODES = {
    "DPT_IPV_HIB": ("170", "DTAP/IPV/HIB - non-US"),
    "DPT_IPV": ("130", "DTaP-IPV"),
    "HIB": ("17", "Hib, unspecified formulation"),
    "PCV": ("152", "Pneumococcal Conjugate, unspecified formulation"),
    "HEPB": ("45", "Hep B, unspecified formulation"),
    "ROTA_RV1": ("119", "rotavirus, monovalent"),
    "ROTA_RV5": ("116", "rotavirus, pentavalent"),
    "BCG": ("19", "BCG"),
    "MR": ("04", "M/R"),
    "VAR": ("21", "varicella"),
    "JE": ("129", "Japanese Encephalitis, unspecified formulation"),
    "HPV9": ("165", "HPV9"),
    "HPV": ("137", "HPV, unspecified formulation"),
}
LOINC = "http://loinc.org"
MEASURES = {
    Measure.WEIGHT: ("29463-7", "Body weight", "kg"),
    Measure.HEIGHT: ("8302-2", "Body height", "cm"),
    Measure.HEAD: ("9843-4", "Head Occipital-frontal circumference", "cm"),
}
ORIGIN = "http://terminology.hl7.org/CodeSystem/immunization-origin"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
GENDERS = {"F": "female", "M": "male", None: "unknown"}


def bundle(
    child: Resident, record: Record, measurements: Iterable[Measurement], *, at: datetime
) -> dict:
    """Return the record as a FHIR Bundle, fit for JSON."""
    resources = [
        _patient(child, record),
        *(_immunization(child, dose) for dose in doses_of(child, record)),
        *(
            _observation(child, measurement, measure)
            for measurement in measurements
            for measure in MEASURES
            if measurement.amount(measure) is not None
        ),
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def _patient(child: Resident, record: Record) -> dict:
    """Return who it is; the name whole, since no rule splits every name, and its reading."""
    names = [(child.name, "IDE"), (child.name_kana, "SYL")]
    return {
        "resourceType": "Patient",
        "id": str(child.uuid),
        "name": [
            {"text": name, "extension": [{"url": REPRESENTATION, "valueCode": how}]}
            for name, how in names
            if name
        ],
        "gender": GENDERS[record.sex],
        "birthDate": child.born.isoformat(),
    }


def _immunization(child: Resident, dose: HandedDose) -> dict:
    resource = {
        "resourceType": "Immunization",
        "id": str(dose.uuid),
        "status": "completed",
        "vaccineCode": _vaccine(dose.vaccine),
        "patient": _subject(child),
        "occurrenceDateTime": dose.on.isoformat(),
        # By the law it is the municipality that has a routine vaccination given.
        "primarySource": dose.source is not None,
        "informationSource": {"concept": _origin(dose.source)},
    }
    if dose.lot:
        resource["lotNumber"] = dose.lot
    if dose.clinic:
        resource["performer"] = [{"actor": {"display": dose.clinic}}]
    if notes := _notes(dose):
        resource["note"] = [{"text": note} for note in notes]
    return resource


def _vaccine(code: str) -> dict:
    if code not in the_schedule().vaccines:
        return {"text": _in_both(lambda: words.vaccine_name(code))}
    with translation.override("en"):
        coding = [{"system": OUR_VACCINES, "code": code, "display": words.vaccine_name(code)}]
    if code in CVX_CODES:
        number, display = CVX_CODES[code]
        coding.append({"system": CVX, "code": number, "display": display})
    return {"coding": coding, "text": _in_both(lambda: words.vaccine_name(code))}


def _origin(source: Source | None) -> dict:
    text = _in_both(lambda: handover_words.source(source))
    if source is None:
        return {"coding": [{"system": ORIGIN, "code": "record"}], "text": text}
    return {"text": text}


def _notes(dose: HandedDose) -> list[str]:
    notes = []
    if dose.doubt:
        notes.append(_in_both(lambda: handover_words.doubt(dose.doubt)))
    if dose.note:
        notes.append(dose.note)
    return notes


def _observation(child: Resident, measurement: Measurement, measure: Measure) -> dict:
    code, display, unit = MEASURES[measure]
    named = f"{measure} {measurement.on} {measurement.occasion} {measurement.key}"
    return {
        "resourceType": "Observation",
        "id": str(uuid5(child.uuid, named)),
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": display}]},
        "subject": _subject(child),
        "effectiveDateTime": measurement.on.isoformat(),
        "valueQuantity": {
            "value": measurement.amount(measure),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
        "note": [{"text": _in_both(lambda: handover_words.source(measurement.source))}],
    }


def _subject(child: Resident) -> dict:
    return {"reference": f"urn:uuid:{child.uuid}"}


def _in_both(say) -> str:
    """Return what `say` says in English and in Japanese: the reader may know only one."""
    said = []
    for language in ("en", "ja"):
        with translation.override(language):
            said.append(str(say()))
    return " / ".join(dict.fromkeys(said))
