"""Webhooks: to which address a system's changes are brought, and what came of each."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.exchange.models import WebhookDelivery, WebhookEndpoint
from portal.exchange.webhooks.address import NotAllowed, addresses_of, target_of
from portal.exchange.webhooks.plan import go_on, reached, replay
from portal.exchange.webhooks.sign import change_secret, secret_of
from portal.exchange.webhooks.try_out import send_test
from portal.exchange.webhooks.words import WHY, in_words
from portal.staff import LongList, LookOnly

State = WebhookEndpoint.State


class EndpointForm(forms.ModelForm):
    class Meta:
        model = WebhookEndpoint
        fields = ["connection", "url"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "connection" in self.fields:
            self.fields["connection"].disabled = True

    def clean_url(self):
        """Look at the address as when a message goes, which will look again."""
        url = self.cleaned_data["url"]
        try:
            addresses_of(target_of(url))
        except NotAllowed as error:
            raise ValidationError(error.text) from error
        except OSError as error:
            raise ValidationError(
                _("The name of this host has no address at the moment. Check it for typing errors.")
            ) from error
        return url


class ReplayForm(forms.Form):
    since = forms.DateTimeField(
        label=pgettext_lazy("a moment", "From"),
        help_text=gettext_lazy("Changes are kept for 90 days."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = ["url", "connection", "state", "taken_at", "failing_since"]
    list_select_related = ["connection__source"]
    list_filter = ["state"]
    search_fields = ["url", "connection__source__key"]
    change_form_template = "admin/exchange/webhookendpoint/change_form.html"

    def has_delete_permission(self, request, obj=None):
        return False  # it is switched off; what it was brought stays to be looked at

    def save_model(self, request, endpoint, form, change):
        if change:  # nothing else: a sender may be writing how it goes
            endpoint.save(update_fields=["url"])
        else:
            endpoint.made_by, endpoint.position = request.user, reached()
            endpoint.save()

    def response_add(self, request, endpoint, **kwargs):
        messages.success(request, _("Made. Its secret is shown below; send a test then."))
        return HttpResponseRedirect(_deeds(endpoint))

    # ---- what can be done with one
    def get_urls(self):
        views = [
            ("deeds", self.deeds_view),
            ("secret", self.secret_view),
            ("new-secret", self.new_secret_view),
            ("test", self.test_view),
            ("replay", self.replay_view),
            ("switch", self.switch_view),
        ]
        ours = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"exchange_webhookendpoint_{name}",
            )
            for name, view in views
        ]
        return [*ours, *super().get_urls()]

    def deeds_view(self, request, pk):
        return self._page(request, self._endpoint(request, pk))

    @method_decorator([require_POST, never_cache])
    def secret_view(self, request, pk):
        endpoint = self._endpoint(request, pk, to_change=True)
        self._note(request, endpoint, "the secret, shown")
        return self._page(request, endpoint, secret=secret_of(endpoint))

    @method_decorator([require_POST, never_cache])
    def new_secret_view(self, request, pk):
        endpoint = self._endpoint(request, pk, to_change=True)
        secret = change_secret(endpoint, now=timezone.now())
        self._note(request, endpoint, "the secret")
        return self._page(request, endpoint, secret=secret)

    @method_decorator(require_POST)
    def test_view(self, request, pk):
        endpoint = self._endpoint(request, pk, to_change=True)
        answer = send_test(endpoint)
        tell = messages.success if answer.taken else messages.error
        tell(request, _("The test: %(what)s") % {"what": in_words(answer)})
        return HttpResponseRedirect(_deeds(endpoint))

    @method_decorator(require_POST)
    def replay_view(self, request, pk):
        endpoint = self._endpoint(request, pk, to_change=True)
        form = ReplayForm(request.POST)
        if not form.is_valid():
            return self._page(request, endpoint, replay_form=form, status=422)
        many = replay(endpoint, since=form.cleaned_data["since"])
        self._note(request, endpoint, "a replay")
        messages.success(
            request,
            ngettext(
                "%(many)s change is brought again within minutes.",
                "%(many)s changes are brought again within minutes.",
                many,
            )
            % {"many": many},
        )
        return HttpResponseRedirect(_deeds(endpoint))

    @method_decorator(require_POST)
    def switch_view(self, request, pk):
        endpoint = self._endpoint(request, pk, to_change=True)
        if "off" in request.POST:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(state=State.OFF)
            messages.success(request, _("It is switched off. What happens is kept for 90 days."))
        else:
            go_on(endpoint)
            messages.success(request, _("It goes on, with what has happened meanwhile."))
        self._note(request, endpoint, "the state")
        return HttpResponseRedirect(_deeds(endpoint))

    def _endpoint(self, request, pk, *, to_change=False) -> WebhookEndpoint:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if to_change and not self.has_change_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("connection__source")
        return get_object_or_404(found, pk=pk)

    def _note(self, request, endpoint, what: str) -> None:
        self.log_change(request, endpoint, [{"changed": {"fields": [what]}}])

    def _page(self, request, endpoint, *, status=200, replay_form=None, secret=""):
        waiting = endpoint.deliveries.filter(state=WebhookDelivery.State.WAITING)
        return TemplateResponse(
            request,
            "admin/exchange/webhookendpoint/deeds.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Webhook of %(source)s")
                % {"source": endpoint.connection.source.called()},
                "endpoint": endpoint,
                "active": endpoint.state == State.ACTIVE,
                "former_signs": endpoint.former_until and endpoint.former_until > timezone.now(),
                "waiting": waiting[:1000].count(),
                "newest": deliveries_in_words(endpoint.deliveries.order_by("-position")[:20]),
                "may_change": self.has_change_permission(request),
                "secret": secret,
                "replay_form": replay_form or ReplayForm(),
            },
            status=status,
        )


def deliveries_in_words(deliveries):
    return [(one, came_of(one)) for one in deliveries.select_related("change")]


def came_of(delivery: WebhookDelivery) -> str:
    """Say what came of it: the status, and why where that was a failure."""
    why = str(WHY.get(delivery.why, delivery.why))
    return f"{delivery.status} {why}".strip() if delivery.status else why


def _deeds(endpoint) -> str:
    return reverse("admin:exchange_webhookendpoint_deeds", args=[endpoint.pk])


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LookOnly, LongList, admin.ModelAdmin):
    list_display = ["endpoint", "what", "position", "state", "attempts", "came_of", "moment"]
    list_display_links = None
    list_filter = ["state", "endpoint"]
    list_select_related = ["endpoint", "change"]
    ordering = ["-pk"]
    sortable_by = []

    def get_urls(self):
        # Only the list: what there is to a delivery stands in its row.
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="exchange_webhookdelivery_changelist")]

    @admin.display(description=gettext_lazy("change"))
    def what(self, delivery):
        return delivery.change.get_what_display()

    @admin.display(description=gettext_lazy("answer"))
    def came_of(self, delivery):
        return came_of(delivery)

    @admin.display(description=gettext_lazy("when"))
    def moment(self, delivery):
        """Say when it ended; of one that waits, when it is tried next."""
        if delivery.ended_at:
            return delivery.ended_at
        at = formats.date_format(timezone.localtime(delivery.next_at), "DATETIME_FORMAT")
        return _("not before %(moment)s") % {"moment": at}
