"""Wake a worker for an upload: a hint only, since a job finds each minute what waits."""

import logging

from kombu.exceptions import OperationalError as QueueGone

from portal.exchange import jobs
from portal.exchange.models import TakingBack, Upload

logger = logging.getLogger(__name__)


def wake_worker(upload: Upload) -> None:
    """Send the message; without a queue the job of each minute finds the upload."""
    _send(jobs.merge_upload, str(upload.uuid))


def wake_for_taking_back(asked: TakingBack) -> None:
    _send(jobs.take_back_upload, asked.pk)


def _send(job, which) -> None:
    try:
        job.delay(which)
    except QueueGone as error:
        logger.warning("No worker was woken", extra={"why": type(error).__name__})
