"""Refuse UPDATE and DELETE of the rows of the log of who looked: they are added and stay.

Against a slip; who owns the tables can take the trigger away, and then the chain shows it
(portal.residents.access_log). Who erases a person from the register says so in the transaction:
SET LOCAL annai.erases_access_log = 'on'. TRUNCATE stays allowed. Locks: the table, for an instant.
Code of before only adds rows, so deploy in any order. Backward: drops the trigger.
"""

from django.db import migrations

FORWARD = """
    CREATE FUNCTION access_log_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND current_setting('annai.erases_access_log', true) = 'on' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'A row of the log of who looked is neither changed nor removed.'
            USING ERRCODE = 'restrict_violation',
                HINT = 'Who erases a person: SET LOCAL annai.erases_access_log = ''on''.';
    END $$;
    CREATE TRIGGER access_log_kept BEFORE UPDATE OR DELETE ON residents_recordaccess
        FOR EACH ROW EXECUTE FUNCTION access_log_kept();
"""
BACKWARD = """
    DROP TRIGGER access_log_kept ON residents_recordaccess;
    DROP FUNCTION access_log_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("residents", "0009_access_log_checks")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
