from django import template

from portal import clock
from tasks import alarms

register = template.Library()


@register.simple_tag
def alarms_for(user):
    """Return what is wrong now, as far as `user` may see to it."""
    return [one for one in alarms.alarms(at=clock.localtime()) if user.has_perm(one.permission)]
