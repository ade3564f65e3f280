"""`{% url %}`, where it names a page that has nothing in its address: found once a process.

Django looks for each address anew, and the frame of every page has a handful. Named among the
builtins of the settings, so that it stands in the place of Django's.
"""

from functools import cache

from django.conf import settings
from django.template import Library, Node, defaulttags
from django.urls import reverse
from django.utils.html import conditional_escape

register = Library()


class AddressNode(Node):
    def __init__(self, view_name):
        self.view_name = view_name

    def render(self, context):
        return address(self.view_name.resolve(context), settings.ROOT_URLCONF)


@register.tag
def url(parser, token):
    node = defaulttags.url(parser, token)
    plain = not (node.args or node.kwargs or node.asvar)
    return AddressNode(node.view_name) if plain else node


@cache
def address(view_name: str, _urls: str) -> str:
    return conditional_escape(reverse(view_name))
