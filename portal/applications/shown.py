"""An answer in the reader's words, for the review, the time-line's page and the case."""

from datetime import date

from django.utils.translation import gettext as _

from portal.applications.called import in_language
from portal.applications.definition import Question
from portal.applications.models import Application
from portal.residents.models import Resident
from tasks.templatetags.annai import grouped
from tasks.words import day


def shown_answer(question: Question, answer, application: Application) -> str:
    """Return what stands for the answer on a page; "" where it is not answered."""
    if not answer:
        return ""
    match question.type:
        case "choice":
            labels = {choice.value: choice.label for choice in question.choices}
            return in_language(labels[answer]) if answer in labels else answer
        case "date":
            return day(date.fromisoformat(answer))
        case "money":
            return _("%(amount)s yen") % {"amount": grouped(int(answer))}
        case "address":
            return " ".join(filter(None, [answer.get("postcode"), answer.get("address")]))
        case "person-of-household":
            person = Resident.objects.filter(uuid=answer).first()
            return person.name if person else ""
        case "file":
            return _("%(count)d attached") % {"count": len(answer)}
        case _:
            if question.fills and question.fills.endswith(".born"):
                return day(date.fromisoformat(answer))
            return answer
