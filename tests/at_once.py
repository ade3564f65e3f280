"""Deeds at the same moment, each in a thread with a connection of its own."""

import threading

from django.db import connection

PATIENCE = 300  # seconds until threads are taken for stuck


def at_once(*deeds):
    """Do the deeds in threads that start together.

    Return what they returned, in the order in which they ended, or raise what one of them raised.
    """
    together, results, errors = threading.Barrier(len(deeds)), [], []

    def run(deed):
        try:
            together.wait(PATIENCE)
            results.append(deed())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed], daemon=True) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "still waiting for each other"
    if errors:
        raise errors[0]
    return results
