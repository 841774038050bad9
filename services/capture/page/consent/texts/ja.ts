import type { OwnTexts } from './catalogues.ts';

/** Japanese. */
export const ja: OwnTexts = {
  page_title: '同意の確認',
  no_script: '回答を受け取るには、このページでJavaScriptが必要です。',
  asks: '{application}が同意を求めています',
  changed: 'ページを開いたあとに内容が変わりました。もう一度お読みください。',
  elsewhere: 'すでに回答されています。',
  sending: '回答を保存しています',
  not_sent: '回答が届きませんでした。接続を確かめてから、もう一度押してください。',
  too_many: '続けて試した回数が多すぎます。1分ほど待ってから、もう一度押してください。',
  'no_key.title': 'このブラウザでは同意できません',
  'no_key.body':
    'ご本人であることを示すため、このページはブラウザに鍵を保管します。プライベートウィンドウやほかのアプリの中など、ここではそれができません。断ることはここでもできます。',
  'answered.given': '同意しました',
  'answered.refused': '断りました',
  'answered.withdrawn': '同意を取り消しました',
  'answered.expired': 'この依頼は終了しました',
  details: '同意した内容',
  'withdraw.title': '同意を取り消しますか？',
  'withdraw.body':
    '取り消すと、{audience}はあなたの結果を受け取れなくなります。{audience}がすでに持っている情報は残ります。削除は{audience}にご依頼ください。',
  'withdraw.confirm': 'はい、取り消します',
  'withdraw.keep': 'いいえ、そのままにします',
  stay: 'このページにとどまる',
};
