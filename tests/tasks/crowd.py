"""Many made-up people by the set: enough that the planner must choose as it would in earnest."""

from django.db import connection

# Of ten people three are children with two guardians among the others.
STATEMENTS = [
    "INSERT INTO residents_source (key) VALUES ('crowd') ON CONFLICT DO NOTHING",
    """INSERT INTO residents_resident (ref, municipality_id, name, name_kana, born, email, language,
        state, merged_into, acts_from, source_id, checked_at, stale_on)
    SELECT 'C' || lpad(n::text, 7, '0'), '131016', 'x', '', born, '', 'ja', 'active', '',
        CASE WHEN n %% 10 < 3 THEN born + interval '18 years' ELSE born END, s.id,
        '2026-11-01', '2099-01-01'
    FROM generate_series(1, %(people)s) n, residents_source s,
        LATERAL (SELECT CASE WHEN n %% 10 < 3 THEN date '2015-01-01' ELSE date '1960-01-01' END
            + n %% 3000 AS born) b
    WHERE s.key = 'crowd'""",
    """CREATE TEMPORARY VIEW crowd AS SELECT r.* FROM residents_resident r
    JOIN residents_source s ON s.id = r.source_id WHERE s.key = 'crowd'""",
    "INSERT INTO residents_residentref (ref, resident_id) SELECT ref, id FROM crowd",
    """INSERT INTO residents_guardianship (child_id, guardian_id, starts_on, ends_on, source_id,
        checked_at, stale_on)
    SELECT c.id, g.id, c.born, c.acts_from, c.source_id, c.checked_at, c.stale_on
    FROM crowd c JOIN crowd g ON g.id IN (c.id + 3, c.id + 4) WHERE c.acts_from > c.born""",
    """INSERT INTO card_certificate (resident_id, type, serial, expires_on, known_since, current,
        source_id, checked_at, stale_on)
    SELECT r.id, t.type, t.type || r.id, date '2027-03-01' + (r.id * 7 %% 1800)::int, '2022-01-01',
        true, r.source_id, r.checked_at, r.stale_on
    FROM crowd r,
        unnest(ARRAY['user-authentication', 'signature', 'card']) t(type)""",
    """INSERT INTO card_insuranceuse (resident_id, status, source_id, checked_at, stale_on)
    SELECT id, (ARRAY['registered', 'registered', 'not-registered', 'unknown'])[id %% 4 + 1],
        source_id, checked_at, stale_on FROM crowd""",
    """INSERT INTO card_benefitaccount (resident_id, status, source_id, checked_at, stale_on)
    SELECT id, (ARRAY['registered', 'not-registered', 'unknown'])[id %% 3 + 1],
        source_id, checked_at, stale_on FROM crowd""",
    """INSERT INTO childcare_duedose (resident_id, subject, vaccine, dose, born, record_known,
        given_on, ended, earliest, legal_until, opens_on, due_on, reasons, warnings, source_id,
        checked_at, stale_on)
    SELECT id, 'MR-' || dose, 'MR', dose, born, true,
        CASE WHEN dose = 1 THEN born + 370 END, false, earliest, earliest + 700, earliest - 30,
        earliest + 365, '[]', '[]', source_id, checked_at, stale_on
    FROM crowd, LATERAL (SELECT dose, born + 1900 * dose AS earliest
        FROM generate_series(1, 2) dose) d
    WHERE acts_from > born""",
    """INSERT INTO childcare_duecheckup (resident_id, checkup, basis, window_from, window_until,
        opens_on, place, note, source_id, checked_at, stale_on)
    SELECT id, months || 'm', 'law', held, held + 180, held - 30, '', '', source_id, checked_at,
        stale_on
    FROM crowd, unnest(ARRAY[18, 36, 60]) months, LATERAL (SELECT born + 30 * months AS held) h
    WHERE acts_from > born""",
    """INSERT INTO childcare_afterbirth (resident_id, born, claim_at, allowance_counts_until,
        allowance_due_on, ends_on, low_weight, source_id, checked_at, stale_on)
    SELECT id, born, 'unknown', born + 15, born + 15, born + 365, id %% 10 = 0, source_id,
        checked_at, stale_on
    FROM crowd WHERE acts_from > born""",
    """INSERT INTO accounts_user (email, password, is_superuser, is_staff, is_active, language,
        date_joined)
    VALUES ('crowd@example.jp', '', false, false, true, 'ja', '2026-11-01')
    ON CONFLICT DO NOTHING""",
    """INSERT INTO childcare_announcedbirth (resident_id, born, abroad, notify_by, registered_on,
        entered_by_id, entered_at, source_id, checked_at, stale_on)
    SELECT c.id, '2027-03-25', false, '2027-04-07', '2027-03-31', by.id, c.checked_at,
        c.source_id, c.checked_at, c.stale_on
    FROM crowd c, accounts_user by WHERE by.email = 'crowd@example.jp' AND c.acts_from = c.born""",
    """INSERT INTO applications_procedure (key) VALUES ('crowd')""",
    """INSERT INTO applications_procedureversion (procedure_id, number, state, text, definition,
        searched, made_at, published_at, ended_because)
    SELECT id, 1, 'published', '', '{}', '', '2026-11-01', '2026-11-01', ''
    FROM applications_procedure WHERE key = 'crowd'""",
    # One reported, one made here and under review for long, and what was once asked of this one.
    """INSERT INTO applications_application (resident_id, about_id, municipality_id, version_id,
        procedure_key, ref, seq, receipt_number, state, state_since, turn, step, usual_until,
        answers, saved_at, started_at, sent_at, outcome, outcome_reason, source_id,
        checked_at, stale_on)
    SELECT c.id, c.id, c.municipality_id, CASE here WHEN 1 THEN v.id END, 'crowd',
        CASE here WHEN 1 THEN '' ELSE 'E' || c.id END, CASE here WHEN 0 THEN 1 END,
        CASE here WHEN 1 THEN 'A-' || c.id END,
        CASE WHEN c.id %% 10 = 9 THEN 'under-review' ELSE 'withdrawn' END, '2026-11-01',
        CASE WHEN c.id %% 10 = 9 THEN 'office' ELSE 'nobody' END, '', '2026-12-01', '{}',
        '2026-11-01', '2026-11-01', CASE here WHEN 1 THEN timestamptz '2026-11-01' END, '', '',
        c.source_id, c.checked_at, c.stale_on
    FROM crowd c, generate_series(0, 1) here, applications_procedureversion v
    JOIN applications_procedure p ON p.id = v.procedure_id
    WHERE p.key = 'crowd' AND c.acts_from = c.born""",
    """INSERT INTO applications_correctionrequest (resident_id, application_id, receipt_number,
        procedure_key, procedure_name, text, questions, answer_by, asked_by_id, asked_on, asked_at,
        ended_on, source_id, checked_at, stale_on)
    SELECT a.resident_id, a.id, a.receipt_number, 'crowd', '{}', '', '[]', '2026-11-20', by.id,
        '2026-11-02', '2026-11-02', '2026-11-10', a.source_id, a.checked_at, a.stale_on
    FROM applications_application a JOIN crowd c ON c.id = a.resident_id, accounts_user by
    WHERE by.email = 'crowd@example.jp' AND a.version_id IS NOT NULL""",
    # An opinion that was answered long ago.
    """INSERT INTO feedback_opinion (once, kind, given_at, reasons, text, pairs, masked, route,
        rule, rule_version, procedure, question, errors, language, width, asker_id, state,
        why_declined)
    SELECT gen_random_uuid(), 'free', '2026-06-01', '{}', 'x', '{x}', '{}', '', '', '', '', '',
        '{}', 'ja', '', id, 'looking', ''
    FROM crowd WHERE acts_from = born""",
    """INSERT INTO feedback_reply (resident_id, opinion_id, said, text, answered_on, by_id, mail,
        why, owed_since, next_at, source_id, checked_at, stale_on)
    SELECT c.id, o.id, 'x', 'y', '2026-06-02', by.id, 'sent', '', '2026-06-02', '2026-06-02',
        c.source_id, c.checked_at, c.stale_on
    FROM crowd c JOIN feedback_opinion o ON o.asker_id = c.id, accounts_user by
    WHERE by.email = 'crowd@example.jp'""",
]


def make_crowd(people: int) -> range:
    """Insert so many people with their facts; return their ids, from the first to the last."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, {"people": people})
        cursor.execute("SELECT min(id), max(id) + 1 FROM crowd")
        low, high = cursor.fetchone()
        cursor.execute("DROP VIEW crowd")
    return range(low, high)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
