"""The schedule to March 2027 once more, by hand and plainly: what the data file is compared with.

It shares no code with the forecast and reads no file. It leaves out what needs no second opinion:
words, recommended periods, reviews, mixed rotavirus products, Hib mixed with the 5-in-1.
"""

from datetime import date, timedelta

DAY = timedelta(days=1)


def like_day(day, months):
    """Return the like day some months later, or the first of the month after if there is none."""
    month = day.year * 12 + day.month - 1 + months
    try:
        return day.replace(year=month // 12, month=month % 12 + 1)
    except ValueError:
        return date((month + 1) // 12, (month + 1) % 12 + 1, 1)


def next_doses(born, sex, given, as_of):
    """Return {(vaccine, dose, earliest, last free day)} for (code, day) pairs without doubles."""

    def age(months):
        return like_day(born, months) - DAY

    def on(*codes):
        return sorted(day for code, day in given if code in codes)

    def live(own):
        days = [day for code, day in given if code in ("BCG", "MR", "VAR") and code != own]
        return max(days) + 28 * DAY if days else date.min

    found = set()

    def offer(vaccine, dose, last, *days):
        earliest = max(days)
        if earliest <= last and as_of <= last:
            found.add((vaccine, dose, earliest, last))

    # 5-in-1 and 4-in-1
    doses = sorted((day, code) for code, day in given if code in ("DPT_IPV", "DPT_IPV_HIB"))
    if len(doses) < 4:
        keeps = doses and doses[0][1] == "DPT_IPV" and as_of < date(2025, 8, 1)
        days = [age(2)]
        if doses:
            last = doses[-1][0]
            days.append(like_day(last, 6) if len(doses) == 3 else last + 21 * DAY)
        offer("DPT_IPV" if keeps else "DPT_IPV_HIB", len(doses) + 1, age(90), *days)

    # Hib alone
    doses = on("HIB")
    if doses:
        n = len(doses)
        late = [day > age(12) for day in doses]
        if doses[0] <= age(7):
            primary = 3
        elif doses[0] <= age(12):
            primary = 2
        else:
            primary = 0
        booster_given = any(late) or n > primary
        if not booster_given:
            if n == primary:
                offer("HIB", n + 1, age(60), age(2), like_day(doses[-1], 7))
            else:
                offer("HIB", n + 1, age(60), age(2), doses[-1] + 28 * DAY)

    # Pneumococcal
    doses = on("PCV")
    n = len(doses)
    if n == 0:
        offer("PCV", 1, age(60), age(2))
    elif doses[0] > age(24):
        pass
    elif doses[0] > age(12):
        if n == 1:
            offer("PCV", 2, age(60), doses[0] + 61 * DAY)
    else:
        primary = 3 if doses[0] <= age(7) else 2
        if n >= 2 and doses[1] > age(12):
            primary = 2
        done = n > primary or any(day > age(24) for day in doses[1:primary])
        if not done:
            if n == primary:
                offer("PCV", n + 1, age(60), doses[-1] + 61 * DAY, age(12))
            else:
                offer("PCV", n + 1, age(60), age(2), doses[-1] + 28 * DAY)

    # Hepatitis B
    doses = on("HEPB")
    days = [born]
    if len(doses) == 1:
        days.append(doses[0] + 28 * DAY)
    if len(doses) == 2:
        days += [doses[0] + 140 * DAY, doses[1] + 7 * DAY]
    if len(doses) < 3:
        offer("HEPB", len(doses) + 1, age(12), *days)

    # Rotavirus
    first = born + 42 * DAY
    one, five = on("ROTA_RV1"), on("ROTA_RV5")
    if not five and len(one) < 2:
        offer("ROTA_RV1", len(one) + 1, born + 168 * DAY, first, *[day + 28 * DAY for day in one])
    if not one and len(five) < 3:
        offer("ROTA_RV5", len(five) + 1, born + 224 * DAY, first, *[day + 28 * DAY for day in five])

    if not on("BCG"):
        offer("BCG", 1, age(12), born, live("BCG"))

    # Measles-rubella: the year before school, by the year of the last day at the age of 5
    sixth = age(72)
    school = date(sixth.year + (sixth >= date(sixth.year, 4, 1)), 4, 1)
    second = (school.replace(year=school.year - 1), school - DAY)
    doses = on("MR")
    if not any(day >= second[0] for day in doses) and len(doses) < 2:
        before = len(found)
        if not doses:
            offer("MR", 1, age(24), age(12), live("MR"))
        if len(found) == before:
            offer("MR", 2, second[1], second[0], live("MR"))

    doses = on("VAR")
    if len(doses) < 2:
        after = [like_day(day, 3) for day in doses]
        offer("VAR", len(doses) + 1, age(36), age(12), live("VAR"), *after)

    japanese_encephalitis(born, on("JE"), age, offer, found)

    if not on("DT"):
        offer("DT", 1, age(156), age(132))

    if sex == "F":
        hpv(sorted((day, code) for code, day in given if code in ("HPV", "HPV9")), age, offer)
    return found


def japanese_encephalitis(born, doses, age, offer, found):
    n = len(doses)
    after = []
    if n == 1:
        after = [doses[0] + 7 * DAY]
    if n == 2:
        after = [like_day(doses[1], 6)]
    if date(1995, 4, 2) <= born <= date(2009, 10, 1):
        until_20 = born <= date(2007, 4, 1)
        if n == 3 and until_20:
            after = [doses[2] + 7 * DAY]
        if n < 4:
            last = age(240) if until_20 else age(156)
            offer("JE", n + 1, last, age(6 if n < 3 else 108), *after)
        return
    if n >= 4 or any(day >= age(108) for day in doses):
        return
    before = len(found)
    if n < 3:
        offer("JE", n + 1, age(90), age(6), *after)
    if len(found) == before:
        offer("JE", 4, age(156), age(108))


def hpv(doses, age, offer):
    def april(day):
        return date(day.year - (day.month < 4), 4, 1)

    first, last = april(age(144)), like_day(april(age(192)), 12) - DAY
    n = len(doses)
    if n == 0:
        offer("HPV9", 1, last, first)
        return
    day, code = doses[0]
    three = code == "HPV" or day > age(180)
    if n == 1:
        offer("HPV9", 2, last, first, like_day(day, 1 if three else 5))
    if n == 2 and (three or doses[1][0] < like_day(day, 5)):
        offer("HPV9", 3, last, first, like_day(doses[1][0], 3))
