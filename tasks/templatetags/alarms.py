from django import template

from portal import clock
from tasks import alarms

register = template.Library()


@register.simple_tag
def alarms_for(user, address):
    """Return what is wrong now, as far as `user` may see to it; not what the page there tells."""
    found = alarms.alarms(at=clock.localtime(), may=user.has_perm, whom=user)
    return [alarm for alarm in found if alarm.stands_on(address)]
