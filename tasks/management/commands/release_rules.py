import json

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.accounts.models import User
from tasks import versions


class Command(BaseCommand):
    help = (
        "Let new versions of rules go live, as in the staff pages: ask what would change today, "
        "then say yes to it. More than 1,000 new tasks need the yes of two people. Without --by "
        "nothing is released but what changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("--list", action="store_true", help="Only name the rules that wait.")
        parser.add_argument(
            "--rule", metavar="KEY", help="Only this rule; otherwise all that wait."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who says yes: may release rules.")

    def handle(self, *, rule, by, **options):
        versions.record()
        waiting = [one for one in versions.waiting() if rule in (None, one.key)]
        if rule and not waiting:
            raise CommandError(f'No version of a rule "{rule}" waits to be released.')
        if options["list"]:
            for one in waiting:
                self.stdout.write(str(one))
            return
        user = by and account(by)
        released = sum(self._release(one, user) for one in waiting)
        left = {"released": released, "waiting": len(waiting) - released}
        self.stdout.write(json.dumps(left))

    def _release(self, one: versions.Waiting, user: User | None) -> bool:
        """Say what would change, and yes to it; return whether the version is in force now."""
        version = one.version
        change = versions.weigh(
            version, progress=lambda ranges: tqdm(ranges, unit="range", disable=None)
        )
        counts = change.counts
        self.stdout.write(
            f"{one.key}, version {version.number}: would open {counts['open']}, update "
            f"{counts['update']}, close {counts['close']}; {sum(change.mails_then)} mails in "
            f"{len(change.mails_then)} days, {sum(change.mails_now)} as it is."
        )
        if version.in_force:
            self.stdout.write("  It gives the same as before and was released by itself.")
            return True
        if user is None:
            return False
        try:
            released = versions.say_yes(version=version, by=user)
        except versions.Refused as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write("  Released." if released else "  Now a second person must say yes.")
        return released


def account(email: str) -> User:
    try:
        return User.objects.get(email=email.strip().lower())
    except User.DoesNotExist as error:
        raise CommandError(f"No account has the address {email}.") from error
