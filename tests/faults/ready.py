"""Imported first in the process that deeds are forked from: Django, on the site's servers."""

import django

django.setup()
