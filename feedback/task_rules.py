"""What there is to know about an opinion that one gave: its answer."""

from datetime import timedelta

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from feedback import examples
from feedback.models import Reply
from tasks.models import Status
from tasks.rules import Condition, Rule, register

NEWS = timedelta(days=60)  # how long an answer is listed

register(
    Rule(
        key="feedback.reply",
        theme=_("Opinions"),
        title=_("An answer to your opinion"),
        short=_("An answer to your opinion"),
        rows=lambda today: Reply.objects.annotate(subject=Cast("uuid", CharField())),
        subject="subject",
        opens_on="answered_on",
        information=True,
        may_be_dismissed=True,
        examples=examples.REPLY,
        conditions=[
            Condition(
                name="answered-lately",
                test=lambda today: Q(answered_on__gt=today - NEWS),
                holds=_("You were answered on {answered_on}."),
                fails=_("You were answered on {answered_on}, more than 60 days ago."),
                ends=Status.EXPIRED,
                ends_when=_("60 days have passed since the answer."),
            ),
        ],
        reads=("text", "said"),
        what=_("You wrote: “{said}” The answer: “{text}”"),
        nothing_recorded=_("This person has not asked for an answer to an opinion."),
        to_correct=_("If this does not answer it, give your opinion once more."),
    )
)
