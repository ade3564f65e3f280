"""The procedures that come with the portal, loaded after each `migrate`.

A file whose text changed becomes the next version of its procedure. What a municipality made
itself is another procedure of the same key, and is left alone; so is what staff wrote, published or
withdrew of this one since the file last changed.
"""

from pathlib import Path

from portal.applications.publish import publish_text
from portal.migrated import has_table

SHIPPED = Path(__file__).with_name("shipped")


def ship(using, **kwargs):
    """Publish what is new among the shipped files. Done again it changes nothing."""
    from portal.applications.models import Procedure

    if using != "default" or not has_table(Procedure, using=using):
        return
    for file in sorted(SHIPPED.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        procedure, _new = Procedure.objects.get_or_create(key=file.stem, municipality=None)
        came = procedure.versions.filter(made_by=None).order_by("-number").first()
        if came is None or came.text != text:
            publish_text(procedure=procedure, text=text)


def shipped_keys() -> list[str]:
    return [file.stem for file in sorted(SHIPPED.glob("*.yaml"))]
