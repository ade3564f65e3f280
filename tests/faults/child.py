"""How a deed begins in its forked process. Imported on both sides, so it is light."""

import os
import sys


def run(deed: str, output: str, crash_at: str | None, options: dict) -> None:
    """Do the deed with all that it prints going into the file `output`."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    # The fork server's own streams; what they held back belongs to nobody.
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    from django.conf import settings

    from tests.faults import deeds

    settings.CRASH_AT = crash_at
    getattr(deeds, deed)(**options)
