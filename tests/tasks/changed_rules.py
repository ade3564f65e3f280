"""Rules as a later version of the code might have them, for the length of a test."""

from contextlib import contextmanager
from dataclasses import replace

from tasks import explain, reconcile
from tasks.rules import registry


def forget_compiled():
    reconcile.statements.cache_clear()
    explain._coming_up.cache_clear()
    explain._verdicts.cache_clear()


@contextmanager
def other_code():
    """Give back the registry as it was: whatever is changed in it meanwhile is another code."""
    before = dict(registry)
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)
        forget_compiled()


def change(key, **changes):
    """Let the code have another version of a rule; return it."""
    registry[key] = replace(registry[key], **changes)
    forget_compiled()
    return registry[key]


def take_away(key):
    """Let the code no longer register a rule."""
    del registry[key]
    forget_compiled()
