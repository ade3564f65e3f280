"""How gunicorn serves the portal. It reads this file by itself when started in this folder.

Only what does not depend on the machine; the address and the number of workers are given on the
command line (`--bind`, `--workers`). Nothing of the portal is imported here, in the process that
starts the workers: what it had imported would stay old when it is told to reload them.
"""

import os
from pathlib import Path

from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

RUN_DIR = Path(os.environ.get("ANNAI_RUN_DIR") or Path(__file__).resolve().parent / ".run")

# Set before any worker imports prometheus_client, which looks only once.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(RUN_DIR / "metrics"))


def on_starting(server):
    """Begin with no counts: those that are there belong to workers that are gone."""
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    folder.mkdir(mode=0o700, exist_ok=True)
    for counts in folder.glob("*.db"):
        counts.unlink()


if os.environ.get("ANNAI_ENV", "production") == "production":
    # The lines of the process that starts the workers. The workers' own: portal/logs.py.
    logconfig_dict = {
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"]}},
        "formatters": {
            "generic": {
                "()": ProcessorFormatter,
                "foreign_pre_chain": [
                    add_log_level,
                    add_logger_name,
                    TimeStamper(fmt="iso", key="at"),
                ],
                "processors": [ProcessorFormatter.remove_processors_meta, JSONRenderer()],
            }
        },
    }
