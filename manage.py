#!/usr/bin/env python
"""Annai's commands. Without DATABASE_URL and REDIS_URL, servers are started in `.run/` first."""

import os
import signal
import sys

WITHOUT_SERVERS = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "vaccination_forecast",
    "vaccination_schedule",
    "version",
}


def needs_servers(arguments):
    """Say whether the command line `arguments` (without the program) works with the database."""
    command, *options = arguments or ["help"]
    if command.startswith("-") or command in WITHOUT_SERVERS or {"-h", "--help"} & set(options):
        return False
    if command == "demo" and "--reset" in options:
        return False  # it deletes them
    if command == "check":
        return any(option.startswith("--database") for option in options)
    return os.environ.get("ANNAI_ENV") != "production"  # there, a missing address is an error


def end(number, frame):
    """End as at the last line, so that servers which nobody else uses are stopped."""
    sys.exit(128 + number)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    if needs_servers(sys.argv[1:]):
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup sets it
                signal.signal(number, end)
        from portal import local_servers

        try:
            local_servers.ensure()
        except local_servers.LocalServerError as error:
            sys.exit(str(error))
    execute_from_command_line(sys.argv)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # Who reads the output has had enough, as `head` has. Python would say so again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
