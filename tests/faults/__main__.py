"""`make faults KILLS=1000`: kill at moments drawn by chance, as often as asked, and compare."""

import argparse
import secrets
import signal
import sys
from collections import Counter
from contextlib import suppress

from tqdm import tqdm

from tests.faults import world
from tests.faults.kills import Killer


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), metavar="N")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="repeat one kill of a seed")
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    numbers = range(1, chosen.kills + 1) if chosen.only is None else [chosen.only]
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and its servers with it
    print(f"Seed {chosen.seed}. The same again: make faults KILLS=… SEED={chosen.seed}")
    kills = []
    # Stopped with Ctrl-C, it still says what it has seen.
    with world.made() as made, suppress(KeyboardInterrupt):
        killer = Killer(made, seed=chosen.seed)
        for number in tqdm(numbers, unit="kill", disable=None):
            kills.append(one := killer.kill(number))
            if one.differed:
                tell(one, chosen.seed)
    summarize(kills)
    return 1 if any(one.differed for one in kills) else 0


def tell(one, seed):
    print(f"Kill {one.number} ({one.kind}) differed. Repeat it: SEED={seed} ONLY={one.number}")
    for line in one.differed:
        print(f"    {line}")


def summarize(kills):
    differed = sum(bool(one.differed) for one in kills)
    repeated = sum(one.repeated for one in kills)
    for (kind, moment), count in sorted(Counter((k.kind, k.moment) for k in kills).items()):
        print(f"{count:6} {kind.replace('_', ' ')}: {moment or 'differed'}")
    print(
        f"{len(kills)} kills, {differed} with another end than an undisturbed run, "
        f"{repeated} mails repeated (same Message-ID)."
    )


if __name__ == "__main__":
    sys.exit(main())
