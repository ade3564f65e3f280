"""What a line in the log is: JSON in production, a readable line elsewhere; and what is not in it.

All code logs by Python's own loggers; structlog writes the lines. In each that belongs to a
request stands its `request_id`; in each of a job its `task`, `task_id` and the `request_id` of
the request that caused it, if one did (portal/middleware.py, portal/celery.py).

A line carries counts and ids: no names, addresses, query strings or health facts. Our own code
keeps to that where it logs. What Django, Celery and gunicorn fill into their sentences cannot be
known beforehand (a path with a token in it, the arguments of a job), so of theirs only numbers
and the types of exceptions are filled in. And since an exception's text may quote a row of the
database, production writes of it what it was and where it passed.
"""

from contextlib import suppress
from traceback import walk_tb

import structlog
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

OURS = {"portal", "tasks", "childcare", "feedback"}
# What our code may say of a request or a job beside the sentence, as `extra`.
FIELDS = ["method", "route", "status", "state", "seconds"]
# What others may fill in although it is text: Celery's names for a job.
NAMES_OF_JOBS = {"name", "id"}


def sentence(_logger, _level, line):
    """Fill in what the sentence leaves open: all of ours, of others' what says nothing private."""
    record, arguments = line["_record"], line.pop("positional_args")
    ours = record.name.partition(".")[0] in OURS
    if isinstance(record.msg, BaseException) or (not ours and _quotes_exception(record)):
        line["event"] = type(record.msg if record.exc_info is None else record.exc_info[1]).__name__
    elif arguments and ours:
        line["event"] %= arguments
    elif arguments:
        with suppress(TypeError, ValueError):  # "%d" of something that we know nothing of
            line["event"] %= _outline(arguments)
    elif record.name == "gunicorn.error":
        line["event"] = line["event"].partition(" from ip=")[0]  # what follows is what was sent
    return line


def _quotes_exception(record):
    return record.exc_info and record.exc_info[1] and record.msg == str(record.exc_info[1])


def _outline(arguments):
    if isinstance(arguments, dict):
        return {
            name: value if name in NAMES_OF_JOBS else _known(value)
            for name, value in arguments.items()
        }
    return tuple(map(_known, arguments))


def _known(value):
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, (int, float)) else "…"


def exception_without_text(_logger, _level, line):
    """Say of an exception, and of each that caused it, its type and where it passed."""
    if exc_info := line.pop("exc_info", None):
        line["exception"] = [
            {
                "type": f"{type(error).__module__}.{type(error).__qualname__}",
                "at": [
                    f"{frame.f_globals.get('__name__')}:{number} {frame.f_code.co_name}"
                    for frame, number in walk_tb(error.__traceback__)
                ],
            }
            for error in _chain(exc_info[1])
        ]
    return line


def _chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _lines(*processors):
    return ProcessorFormatter(
        foreign_pre_chain=[
            sentence,
            structlog.contextvars.merge_contextvars,
            ExtraAdder(allow=FIELDS),
            add_log_level,
            add_logger_name,
            TimeStamper(fmt="iso", key="at"),
        ],
        processors=[ProcessorFormatter.remove_processors_meta, *processors],
        use_get_message=False,
        pass_foreign_args=True,
    )


def json_lines():
    return _lines(exception_without_text, JSONRenderer(ensure_ascii=False))


def readable_lines():
    return _lines(
        structlog.dev.ConsoleRenderer(
            colors=False,
            timestamp_key="at",
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
