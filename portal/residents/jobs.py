import logging

from celery import shared_task

from portal.residents.access_log import check_and_keep

logger = logging.getLogger(__name__)


@shared_task
def check_access_log():
    """Check every night that nobody changed the log of who looked; a broken one is an error.

    Staff are told as well: tasks.alarms.
    """
    found = check_and_keep()
    if found.broken:
        logger.error(
            "The log of who looked is broken in %d places of %d rows", found.broken, found.read
        )
    else:
        logger.info("The log of who looked is whole: %d rows", found.read)
    return {"read": found.read, "broken": found.broken}
