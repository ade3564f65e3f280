from django import template

from portal.applications.called import in_language, procedure_name

register = template.Library()


@register.filter
def words(by_language: dict) -> str:
    """Return {"ja": …, "en": …} in the reader's language, Japanese where there is no other."""
    return in_language(by_language)


@register.filter
def called(procedure_key: str) -> str:
    return procedure_name(procedure_key)
