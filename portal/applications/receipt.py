"""Receipt numbers: "A-2026-004137-7", the year in Japan, a number, and a check digit.

The check digit is that of ISO 7064, MOD 11,10, over year and number: any one wrong digit, and most
swapped neighbours, are noticed when a number is read out on the telephone.
"""

import re
from datetime import date

from django.db import connection
from stdnum.iso7064 import mod_11_10

FORM = re.compile(r"A-(\d{4})-(\d{6,})-(\d)")


def next_number(today: date) -> str:
    """Return a number that nobody has. What is rolled back leaves a gap, which is fine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('applications_receipt')")
        [number] = cursor.fetchone()
    return with_check_digit(today.year, number)


def with_check_digit(year: int, number: int) -> str:
    digits = f"{year:04d}{number:06d}"
    return f"A-{digits[:4]}-{digits[4:]}-{mod_11_10.calc_check_digit(digits)}"


def is_receipt_number(text: str) -> bool:
    """Tell whether `text` is a receipt number, its check digit right."""
    found = FORM.fullmatch(text)
    return bool(found) and mod_11_10.is_valid("".join(found.groups()))
