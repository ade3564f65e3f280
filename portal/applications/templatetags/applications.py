from django import template

from portal.applications.called import in_language, procedure_name, questions_asked

register = template.Library()


@register.filter
def words(by_language: dict) -> str:
    """Return {"ja": …, "en": …} in the reader's language, Japanese where there is no other."""
    return in_language(by_language)


@register.filter
def called(procedure_key: str) -> str:
    return procedure_name(procedure_key)


@register.simple_tag
def questions_of(opinions) -> dict:
    """Return what each opinion's question asks, by the opinion's id; what is no more by its key."""
    places = {
        one.pk: (one.procedure, one.procedure_version, one.question)
        for one in opinions
        if one.question
    }
    asked = questions_asked(places.values())
    return {pk: asked.get(place, place[2]) for pk, place in places.items()}


@register.simple_tag
def question_of(opinion) -> str:
    return questions_of([opinion]).get(opinion.pk, "")
