"""The door for WSGI servers: production unless the environment says otherwise."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("ANNAI_ENV", "production")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
