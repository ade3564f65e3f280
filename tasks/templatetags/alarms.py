from django import template

from portal import clock
from tasks import alarms

register = template.Library()


@register.simple_tag
def alarms_for(user):
    """Return what is wrong now, as far as `user` may see to it."""
    return list(alarms.alarms(at=clock.localtime(), may=user.has_perm, whom=user))
