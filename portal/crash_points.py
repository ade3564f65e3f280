"""Named moments at which a test may kill a process, to show that nothing is lost there.

`CRASH_AT=range:3:before_commit` kills the process, outright, when it passes that moment of its
third range. In production the settings refuse to start with it.
"""

import os
import signal
from collections import Counter

from django.conf import settings

_passed = Counter()


def reached(work: str, moment: str) -> None:
    """Say that a piece of `work` has come to this `moment`."""
    if settings.CRASH_AT:
        _passed[work, moment] += 1
        if f"{work}:{_passed[work, moment]}:{moment}" == settings.CRASH_AT:
            os.kill(os.getpid(), signal.SIGKILL)
