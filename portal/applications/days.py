"""Days in Japan of moments, worked out by PostgreSQL, so that a column can hold them."""

from django.db.models import DateField, Func


class DayInJapan(Func):
    """The date in Japan of a moment (timestamptz)."""

    # Named, since a generated column may not follow a setting.
    template = "(%(expressions)s AT TIME ZONE 'Asia/Tokyo')::date"
    output_field = DateField()
