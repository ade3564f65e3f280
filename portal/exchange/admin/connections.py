"""Connecting a source: what it may send of whom, and its keys, each shown once.

A connection is never deleted, since what came by it stays: it is switched off.
"""

from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.exchange.connections.examples import examples
from portal.exchange.connections.keys import make_key
from portal.exchange.connections.oauth_clients import make_client
from portal.exchange.lines.formats import KINDS
from portal.exchange.models import Connection
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.models import Municipality, Source

# allauth's own pages know neither connections nor their end.
admin.site.unregister([Client, Token])


class ConnectionForm(forms.ModelForm):
    """A connection of a source, which need not be known yet."""

    source_key = forms.RegexField(
        r"^\S(.*\S)?\Z",
        max_length=64,
        label=gettext_lazy("Source"),
        help_text=gettext_lazy(
            "Its key, which stands in each of its lines: juki-131016. One that is not known yet is "
            "made."
        ),
    )
    source_name = forms.CharField(
        max_length=100, required=False, label=gettext_lazy("Name in Japanese")
    )
    source_name_en = forms.CharField(
        max_length=100, required=False, label=gettext_lazy("Name in English")
    )
    kinds = forms.MultipleChoiceField(
        choices=[(kind, kind) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Kinds of facts"),
        help_text=gettext_lazy("Other kinds are set aside."),
    )

    class Meta:
        model = Connection
        fields = [
            *("municipality", "kinds", "told_of_applications", "per_minute"),
            *("whole_list", "fewer_tolerated", "active", "contact"),
        ]
        help_texts = {
            "municipality": gettext_lazy(
                "Whose residents it reports, by the six-digit code: 131016. Empty: everyone’s."
            )
        }
        error_messages = {
            "municipality": {
                "invalid_choice": gettext_lazy(
                    "This is not the six-digit code of a municipality, such as 131016 for Chiyoda."
                )
            }
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            source = self.instance.source
            self.fields["source_key"].disabled = True
            self.initial |= {
                "source_key": source.key,
                "source_name": source.name,
                "source_name_en": source.name_en,
            }

    def clean_source_key(self):
        key = self.cleaned_data["source_key"]
        if not self.instance.pk and Connection.objects.filter(source__key=key).exists():
            raise ValidationError(_("This source is connected already: look for it in the list."))
        return key

    def clean(self):
        data = super().clean()
        for name in ("source_key", "source_name", "source_name_en", "contact"):
            if holds_my_number(data.get(name) or ""):
                self.add_error(name, HOLDS_MY_NUMBER)
        return data


class MunicipalityInput(ForeignKeyRawIdWidget):
    """A code to type in; beside it stands the municipality that it names."""

    def label_and_url_for_value(self, value):
        label, address = super().label_and_url_for_value(value)
        found = Municipality.objects.filter(code=value).first() if label else None
        return (found.called() if found else label), address


class EndForm(forms.Form):
    """Which key or client ends, and when."""

    which = forms.ChoiceField(label=gettext_lazy("Which"))
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Good until"),
        required=False,
        help_text=gettext_lazy("Empty: it ends now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args, ways_in, **kwargs):
        super().__init__(*args, **kwargs)
        self.ways_in = {f"{way._meta.model_name}-{way.pk}": way for way in ways_in}
        self.fields["which"].choices = [(name, str(way)) for name, way in self.ways_in.items()]

    def clean_ends_at(self):
        now = timezone.now()
        ends_at = self.cleaned_data["ends_at"] or now
        if ends_at < now:
            raise ValidationError(_("This moment has passed. Leave it empty to end it now."))
        return ends_at


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):
    form = ConnectionForm
    list_display = ["source", "called", "where", "per_minute", "active"]
    list_select_related = ["source", "municipality"]
    list_filter = ["active"]
    search_fields = ["source__key", "source__name", "source__name_en"]
    raw_id_fields = ["municipality"]
    change_form_template = "admin/exchange/connection/change_form.html"
    fields = [
        *("source_key", "source_name", "source_name_en", "municipality", "kinds"),
        *("told_of_applications", "per_minute", "whole_list", "fewer_tolerated"),
        *("active", "contact"),
    ]

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, field, request, **kwargs):
        if field.name == "municipality":
            kwargs["widget"] = MunicipalityInput(field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(field, request, **kwargs)

    @admin.display(description=gettext_lazy("name"))
    def called(self, connection):
        return connection.source.called()

    @admin.display(description=gettext_lazy("municipality"), empty_value="–")
    def where(self, connection):
        return connection.municipality and connection.municipality.called()

    @transaction.atomic
    def save_model(self, request, connection, form, change):
        data = form.cleaned_data
        source = connection.source if change else made_source(data["source_key"])
        for field in ("name", "name_en"):
            given = data[f"source_{field}"]
            if change or given:  # a known source keeps its names where none are given
                setattr(source, field, given)
        source.save(update_fields=["name", "name_en"])
        if not change:
            connection.source, connection.made_by = source, request.user
        super().save_model(request, connection, form, change)

    def response_add(self, request, connection, **kwargs):
        messages.success(request, _("Connected. It needs a key or a client now."))
        return HttpResponseRedirect(_address("keys", connection))

    # ---- keys and clients
    def get_urls(self):
        views = [
            ("keys", self.keys_view),
            ("make-key", self.make_key_view),
            ("make-client", self.make_client_view),
            ("end", self.end_view),
        ]
        ours = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"exchange_connection_{name}",
            )
            for name, view in views
        ]
        return [*ours, *super().get_urls()]

    def keys_view(self, request, pk):
        return self._page(request, self._connection(request, pk))

    @method_decorator([require_POST, never_cache])
    def make_key_view(self, request, pk):
        connection = self._connection(request, pk, to_change=True)
        with transaction.atomic():
            key, text = make_key(connection, by=request.user)
            self._note_made(request, connection, key)
        return self._page(request, connection, made=key, secret=text, key=text)

    @method_decorator([require_POST, never_cache])
    def make_client_view(self, request, pk):
        connection = self._connection(request, pk, to_change=True)
        with transaction.atomic():
            client, secret = make_client(connection, by=request.user)
            self._note_made(request, connection, client)
        return self._page(request, connection, made=client, secret=secret, client=client.client_id)

    @method_decorator(require_POST)
    def end_view(self, request, pk):
        connection = self._connection(request, pk, to_change=True)
        form = EndForm(request.POST, ways_in=still_good(connection))
        if not form.is_valid():
            return self._page(request, connection, end_form=form, status=422)
        way_in = form.ways_in[form.cleaned_data["which"]]
        way_in.ends_at = form.cleaned_data["ends_at"]
        with transaction.atomic():
            way_in.save(update_fields=["ends_at"])
            changed = {
                "name": str(way_in._meta.verbose_name),
                "object": str(way_in),
                "fields": ["good until"],
            }
            self.log_change(request, connection, [{"changed": changed}])
        messages.success(request, _("The end is set: %(which)s") % {"which": way_in})
        return HttpResponseRedirect(_address("keys", connection))

    def _connection(self, request, pk, *, to_change=False) -> Connection:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if to_change and not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("source"), pk=pk)

    def _note_made(self, request, connection, way_in):
        made = {"name": str(way_in._meta.verbose_name), "object": str(way_in)}
        self.log_change(request, connection, [{"added": made}])

    def _page(self, request, connection, *, status=200, end_form=None, key="", client="", **made):
        good = still_good(connection)
        return TemplateResponse(
            request,
            "admin/exchange/connection/keys.html",
            {
                **self.admin_site.each_context(request),
                **made,
                "opts": self.opts,
                "title": _("%(source)s: keys") % {"source": connection.source.called()},
                "connection": connection,
                "may_change": self.has_change_permission(request),
                "ways_in": ways_in(connection),
                "now": timezone.now(),
                "end_form": end_form or (EndForm(ways_in=good) if good else None),
                "examples": examples(key=key, client=client, secret=made.get("secret")),
            },
            status=status,
        )


def made_source(key: str) -> Source:
    return Source.objects.get_or_create(key=key)[0]


def ways_in(connection) -> list:
    """Return keys and clients, the newest first."""
    return [
        *connection.keys.select_related("made_by"),
        *connection.oauth_clients.select_related("made_by", "client"),
    ]


def still_good(connection) -> list:
    now = timezone.now()
    return [way for way in ways_in(connection) if way.ends_at is None or way.ends_at > now]


def _address(what, connection):
    return reverse(f"admin:exchange_connection_{what}", args=[connection.pk])
