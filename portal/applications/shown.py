"""An answer in the reader's words, for the review, the time-line's page and the case."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _

from portal.applications.called import in_language
from portal.applications.definition import Question
from portal.applications.models import Application
from portal.residents.models import Resident
from tasks.templatetags.annai import grouped
from tasks.words import day


def shown_answers(
    questions: Iterable[Question], application: Application, answers: Mapping | None = None
) -> list[tuple[Question, str]]:
    """Return each question with what stands for its answer, in one statement at the most.

    `answers` are those of the application, where no others are given.
    """
    questions, answers = list(questions), application.answers if answers is None else answers
    asked_for = {
        str(answers[question.key])
        for question in questions
        if question.type == "person-of-household" and answers.get(question.key)
    }
    names = {str(application.about.uuid): application.about.name}
    if others := asked_for - names.keys():
        people = Resident.objects.filter(uuid__in=others)
        names |= {str(uuid): name for uuid, name in people.values_list("uuid", "name")}
    return [
        (question, shown_answer(question, answers.get(question.key), names))
        for question in questions
    ]


def shown_answer(question: Question, answer, names: Mapping[str, str]) -> str:
    """Return what stands for the answer on a page; "" where it is not answered.

    `names` are those of people, by uuid.
    """
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
            return names.get(answer, "")
        case "file":
            return _("%(count)d attached") % {"count": len(answer)}
        case _:
            if question.fills and question.fills.endswith(".born"):
                return day(date.fromisoformat(answer))
            return answer
