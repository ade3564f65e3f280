import pytest

from tests.faults import world
from tests.faults.kills import Killer

SEED = 6  # the same kills in each run; others by hand: make faults


@pytest.fixture(scope="session")
def made():
    with world.made() as made:
        yield made


@pytest.fixture
def undisturbed(made):
    """The world, and whatever a test starts or ends in it put right after the test."""
    before = list(made.site.children)
    yield made
    made.site.stop_children(but=before)
    made.site.start_servers()


@pytest.fixture
def evening(undisturbed):
    """The world before its second night."""
    undisturbed.evening()
    return undisturbed


@pytest.fixture
def dawn(undisturbed):
    """The world after its second night, before the reminders."""
    undisturbed.dawn()
    return undisturbed


@pytest.fixture(scope="session")
def killer(made):
    return Killer(made, seed=SEED)
