import logging

from celery import shared_task

from portal.residents.access_log import Broken, check_access_logs

logger = logging.getLogger(__name__)


@shared_task
def check_access_log():
    """Check every night that nobody changed the log of who looked; a broken one is an error."""
    *broken, read = check_access_logs()
    if broken:
        logger.error("The log of who looked is broken in %d places of %d rows", len(broken), read)
    else:
        logger.info("The log of who looked is whole: %d rows", read)
    return {"read": read, "broken": sum(isinstance(one, Broken) for one in broken)}
