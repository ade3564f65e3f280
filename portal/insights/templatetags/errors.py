from django import template

from portal.insights.error_names import error_name, field_name

register = template.Library()
register.filter(error_name)
register.filter(field_name)
