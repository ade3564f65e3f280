"""Write the kana of fourteen municipalities with small letters: ホンジョウシ, not ホンジヨウシ.

The register's table, as it was taken over, had them large, so they were not found by their kana.
Locks: 14 rows, for a moment. Backward: nothing is undone; the right kana suit the old code too.
"""

from django.db import migrations

KANA = {
    "064289": ("シヨウナイマチ", "ショウナイマチ"),
    "104213": ("ナカノジヨウマチ", "ナカノジョウマチ"),
    "112062": ("ギヨウダシ", "ギョウダシ"),
    "112119": ("ホンジヨウシ", "ホンジョウシ"),
    "112160": ("ハニユウシ", "ハニュウシ"),
    "124036": ("クジユウクリマチ", "クジュウクリマチ"),
    "124435": ("オンジユクマチ", "オンジュクマチ"),
    "124630": ("キヨナンマチ", "キョナンマチ"),
    "253847": ("リユウオウチョウ", "リュウオウチョウ"),
    "272299": ("シジヨウナワテシ", "シジョウナワテシ"),
    "294268": ("コウリヨウチョウ", "コウリョウチョウ"),
    "332089": ("ソウジヤシ", "ソウジャシ"),
    "335860": ("シンジヨウソン", "シンジョウソン"),
    "473260": ("チヤタンチョウ", "チャタンチョウ"),
}


def write(apps, schema_editor):
    municipalities = apps.get_model("residents", "Municipality").objects
    for code, (wrong, right) in KANA.items():
        municipalities.filter(code=code, name_kana=wrong).update(name_kana=right)


class Migration(migrations.Migration):
    dependencies = [("residents", "0012_reports_of_uploads")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
