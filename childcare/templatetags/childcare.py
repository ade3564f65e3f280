"""Vaccines, diseases and ages as the pages about a child call them."""

from django import template

from childcare import words
from childcare.handover import words as handover_words

register = template.Library()

register.filter("said", words.said)
register.filter("vaccine", words.vaccine_name)
register.filter("series", words.series_name)
register.filter("had", words.had_name)
register.filter("age_in_words", handover_words.age)
