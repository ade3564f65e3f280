"""A resident's attached files: attach, take away, download."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal import clock
from portal.applications.answer import Closed
from portal.applications.attach import attach, remove
from portal.applications.files import CannotAttach, download
from portal.applications.models import Attachment
from portal.applications.views.fill import QuestionPage, own_application
from portal.applications.views.posts import for_posts
from tasks.views import for_residents


@for_posts("applications:resume")
def attach_file(request, resident, uuid, key):
    application = own_application(resident, uuid)
    page = QuestionPage(application, key, clock.today())
    if page.question not in page.branch:
        return redirect("applications:resume", uuid)
    try:
        attach(
            resident=resident,
            uuid=uuid,
            question=key,
            upload=request.FILES.get("file"),
            by=request.user,
        )
    except CannotAttach as reason:
        context = page.with_refused_file(request, reason)
        return render(request, "applications/question.html", context, status=422)
    except Closed as reason:
        messages.error(request, str(reason))
        return redirect("applications:application", uuid)
    to_review = "?review=1" if "review" in request.GET else ""
    return redirect(f"{reverse('applications:question', args=[uuid, key])}{to_review}")


@for_posts("applications:resume")
def remove_file(request, resident, uuid, key, file):
    application = own_application(resident, uuid)
    try:
        remove(resident=resident, uuid=application.uuid, question=key, file=file)
    except Closed as reason:
        messages.error(request, str(reason))
        return redirect("applications:application", uuid)
    return redirect("applications:question", uuid, key)


@for_residents
@require_safe
def file(request, resident, uuid, file):
    application = own_application(resident, uuid)
    own = Attachment.objects.of(application).filter(removed_at=None)
    attachment = get_object_or_404(own.exclude(scan=Attachment.Scan.INFECTED), uuid=file)
    try:
        return download(attachment)
    except FileNotFoundError as error:
        raise Http404 from error
