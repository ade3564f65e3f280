"""The classes of PostgreSQL's advisory locks, in one place so that no two have the same number.

Why and in which order they are taken: docs/adr/0007-locks-of-blocks-and-people.md.
"""

BLOCK = 4096  # people, by their ids, who share a lock

LOCK_OF_BLOCK = 1  # whoever reconciles a block: alone, or shared while single people are held
LOCK_OF_PERSON = 2  # whoever reconciles one person
LOCK_OF_FACTS = 3  # whoever loads or derives facts about a block
LOCK_OF_PEOPLE = 4  # whoever makes people: one load at a time
LOCK_OF_DAY = 5  # whoever starts a sweep of a day
LOCK_OF_REMINDERS = 6  # whoever promises a day's reminders
LOCK_OF_ALERTS = 7  # whoever compares the pages of the portal, once a day
LOCK_OF_UPLOAD = 8  # whoever merges an upload, for as long as the connection lives
LOCK_OF_WEBHOOK = 9  # whoever brings changes to one receiver (portal/exchange/webhooks)
LOCK_OF_WORDS = 10  # whoever looks for words that are rising
