"""The portal's settings, and the benchmark's own fact and rule."""

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]

CELERY_TASK_DEFAULT_QUEUE = "bench"  # no other worker of this Valkey shall take our messages
