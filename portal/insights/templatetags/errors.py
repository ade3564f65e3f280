from django import template

from portal.insights.error_names import error_name, error_words, field_name

register = template.Library()
register.filter(error_name)
register.filter(error_words)
register.filter(field_name)
