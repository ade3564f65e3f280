"""What the demo's people wrote about anything: of all sorts for four weeks, then of two things."""

SAID_BEFORE = """\
児童手当の振込日を一覧で見たいです。
保育園の空き状況がわかると助かります。
文字が小さくて読みにくい。
ごみの収集日も通知してほしい。
パスワードを忘れたときの手順が長い。
子どもの健診の持ち物を先に書いてほしい。
転入の手続きで何回も同じ住所を書きました。
予防接種の間隔の説明がわかりやすかった。
スマートフォンだと表が横にはみ出します。
マイナポータルとの違いがわかりません。
住民票の写しを家で受け取りたい。
証明書の手数料がいくらか書いていない。
通知が来たのに一覧に出てこない。
子どもが二人いると画面が長い。
申請の途中で保存できて便利でした。
口座の登録が一度でできなかった。
やさしい日本語のページを増やしてほしい。
電子証明書の更新を休日にしたい。
写真のアップロードが遅い。
窓口は休日に開いていますか。
検索で言葉を入れても何も出ない。
学童の申し込みもここでできるようにしてほしい。
締切の日を家族と共有したい。
入力した内容が消えました。
医療費の助成の対象かどうか知りたい。
赤ちゃんが生まれた後の流れが一目でわかった。
Please show the fees in one table.
The text of the letter is hard to read.
I would like the calendar in English.
Where can I see the state of my application?
The reminder came two days late.
A list of documents to bring would help.
Can my husband see the same page?
The photo of the card was refused twice.
The child allowance page is clear.
More pictures would help.
""".splitlines()
SAID_LATELY = """\
窓口の予約の取り方がわかりません。
窓口の予約がいっぱいで、三週間待ちと言われました。
窓口を予約しようとしたら、途中で止まりました。
窓口の予約を変更したいのに、ボタンが見つからない。
窓口の予約は電話だけですか。
子どもを連れて行くので、窓口の予約で時間を選びたいです。
スマートフォンで窓口の予約をすると、日付が選べません。
窓口の予約は何日前からできますか。
窓口の予約をキャンセルする方法を書いてください。
夫の分も一緒に窓口の予約がしたい。
英語で窓口の予約ができますか。
窓口の予約の確認メールが来ません。
転入のときの窓口の予約が要るのか迷いました。
混雑している時間を知りたい。
お昼の混雑を避けたい。
三月は混雑すると聞きました。
駐車場も混雑していました。
出張所がいつも混雑しています。
月曜日の混雑がひどい。
混雑がわかる地図がほしい。
混雑のため一時間待ちました。
通知の文が短くなって読みやすい。
保育園の申し込みの結果はいつ届きますか。
住所の入力が一度で済んだ。
The map of the offices is helpful.
I did not find the form for moving out.
""".splitlines()
