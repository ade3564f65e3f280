"""Write down what a connection is told, in the transaction of what it is about.

Positions come later (number.py). How uploads end is found there too, and not told here.
"""

from uuid import UUID

from portal.exchange.models import Change, Connection


def tell(connection: Connection | None, *, what: Change.What, about: UUID, **data) -> None:
    """Tell a connection; without one (what a command loaded), nobody. `data`: as JSON has it."""
    if connection is not None:
        Change.objects.create(connection=connection, what=what, about=about, data=data)


LINES_AT_ONCE = 1000

# Behind a WITH part `taken (line_id)`: which lines were taken, for each upload that brought them.
TELL_TAKEN = f"""
    INSERT INTO exchange_change (connection_id, what, about, data)
    SELECT connection_id, '{Change.What.LINES.value}', uuid,
        jsonb_build_object('upload', uuid, 'lines', jsonb_agg(number ORDER BY number))
    FROM (
        SELECT u.connection_id, u.uuid, l.number, (row_number() OVER (
            PARTITION BY u.id ORDER BY l.number) - 1) / {LINES_AT_ONCE} AS part
        FROM taken JOIN exchange_uploadline l ON l.line_id = taken.line_id
        JOIN exchange_upload u ON u.id = l.upload_id
        WHERE u.connection_id IS NOT NULL) told
    GROUP BY connection_id, uuid, part ORDER BY uuid, part"""
