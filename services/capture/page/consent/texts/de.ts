import type { OwnTexts } from './catalogues.ts';

/** German. */
export const de: OwnTexts = {
  page_title: 'Ihre Zustimmung',
  no_script: 'Diese Seite braucht JavaScript, um Ihre Antwort anzunehmen.',
  asks: '{application} bittet um Ihre Zustimmung',
  changed:
    'Dieser Text hat sich geändert, seit Sie die Seite geöffnet haben. Bitte lesen Sie ihn noch einmal.',
  elsewhere: 'Das wurde bereits beantwortet.',
  sending: 'Ihre Antwort wird gespeichert',
  not_sent: 'Ihre Antwort kam nicht an. Prüfen Sie Ihre Verbindung und drücken Sie dann noch einmal.',
  too_many: 'Zu viele Versuche auf einmal. Warten Sie eine Minute und drücken Sie dann noch einmal.',
  'no_key.title': 'In diesem Browser können Sie nicht zustimmen',
  'no_key.body':
    'Um zu zeigen, dass Sie es waren, bewahrt die Seite einen Schlüssel in Ihrem Browser auf. Hier geht das nicht, zum Beispiel in einem privaten Fenster oder in einer anderen App. Ablehnen können Sie auch hier.',
  'answered.given': 'Sie haben zugestimmt',
  'answered.refused': 'Sie haben abgelehnt',
  'answered.withdrawn': 'Sie haben Ihre Zustimmung widerrufen',
  'answered.expired': 'Das ist abgelaufen',
  details: 'Wozu Sie zugestimmt haben',
  'withdraw.title': 'Zustimmung widerrufen?',
  'withdraw.body':
    'Danach kann {audience} Ihre Ergebnisse nicht mehr erhalten. Was bei {audience} schon angekommen ist, bleibt dort. Wenn es gelöscht werden soll, wenden Sie sich an {audience}.',
  'withdraw.confirm': 'Ja, widerrufen',
  'withdraw.keep': 'Nein, beibehalten',
  stay: 'Auf dieser Seite bleiben',
};
