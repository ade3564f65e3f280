"""Which questions a person is asked, from the answers so far. Pure.

Answers are by question: text, date ("2026-11-20"), choice and money (a whole number of yen as text)
are strings; an address is {"postcode": …, "address": …}; a person of the household is the uuid; a
file question's answer is the list of its attachments' uuids. Answers to questions of another branch
may stand among them: they count for nothing, and are not sent.
"""

from collections.abc import Mapping

from portal.applications.definition import Definition, Question


def asked(definition: Definition, answers: Mapping) -> list[Question]:
    """Return the questions of this person's branch, in order.

    One that depends on a question not yet answered, or not asked, is not among them.
    """
    branch: dict[str, Question] = {}
    for question in definition.questions:
        if all(
            when.question in branch and answers.get(when.question) in when.is_in
            for when in question.when
        ):
            branch[question.key] = question
    return list(branch.values())


def answers_of_branch(definition: Definition, answers: Mapping) -> dict:
    """Return the answers that count: those to questions that are asked."""
    return {q.key: answers[q.key] for q in asked(definition, answers) if q.key in answers}


def stopped_by(definition: Definition, answers: Mapping) -> Question | None:
    """Return the question whose answer ends the form, or None."""
    return next(
        (q for q in asked(definition, answers) if q.stops and answers.get(q.key) in q.stops),
        None,
    )
