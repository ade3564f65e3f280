"""The portal's settings for the processes of the faults: what a test must not wait for."""

import os
from datetime import time

from portal.settings import *  # noqa: F403 - these are those, but for what follows

# Whatever time it is when the tests run, it is not night.
REMINDERS_FROM, REMINDERS_UNTIL = time.min, time.max
# After how many seconds the queue takes a message for lost that a worker still works on.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int(os.environ.get("VISIBILITY_TIMEOUT", "3600"))
}
