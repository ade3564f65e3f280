"""Wake a worker for an upload: a hint only, since a job finds each minute what waits."""

import logging

from kombu.exceptions import OperationalError as QueueGone

from portal.exchange import jobs
from portal.exchange.models import Upload

logger = logging.getLogger(__name__)


def wake_worker(upload: Upload) -> None:
    """Send the message; without a queue the job of each minute finds the upload."""
    try:
        jobs.merge_upload.delay(str(upload.uuid))
    except QueueGone as error:
        logger.warning("No worker was woken", extra={"why": type(error).__name__})
