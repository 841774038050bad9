import type { ConsentWords } from './words.ts';

/** German. */
export const de: ConsentWords = {
  title: 'Ihre Prüfung mit {audience} teilen?',
  who: 'Wer sie bekommt',
  from: 'Von wem',
  purpose: 'Wofür',
  purpose_onboarding: 'Um Sie als Kundin oder Kunden aufzunehmen.',
  purpose_lending: 'Um über einen Kredit zu entscheiden.',
  purpose_payments: 'Um Zahlungen zu senden oder zu empfangen.',
  purpose_employment: 'Um Sie zu beschäftigen oder für eine Stelle in Betracht zu ziehen.',
  purpose_age_check: 'Um Ihr Alter zu prüfen.',
  purpose_own: '„{purpose}“. Das sind die Worte von {application}.',
  shared: 'Was geteilt wird',
  shared_result: 'Das Ergebnis Ihrer Identitätsprüfung und wann sie stattfand.',
  shared_findings:
    'Was jeder Teil der Prüfung ergeben hat, mit Punktwerten: zum Beispiel ob ein echter Mensch da war und ob das Gesicht übereinstimmte.',
  shared_aml: 'Falls geprüft: ob Ihr Name auf Sanktions- oder Beobachtungslisten gefunden wurde.',
  shared_kyb: 'Falls geprüft: was über Ihr Unternehmen festgestellt wurde.',
  kept: 'Was nicht geteilt wird',
  kept_pictures: 'Ihre Bilder.',
  kept_template: 'Ihre Gesichtsvorlage. Sie bleibt bei {application}.',
  kept_places: 'Wo Sie waren und welches Gerät Sie benutzt haben.',
  kept_name: 'Die Nummer oder der Name, unter dem {application} Sie kennt.',
  face: 'Ihr Gesicht',
  face_compared:
    'Wenn Sie sich zum ersten Mal mit einem Selfie bei {audience} anmelden, kann es mit der Gesichtsvorlage verglichen werden, die hier hinterlegt ist. {audience} erfährt, ob und wie gut es übereinstimmt.',
  face_after: 'Stimmt es überein, hat {audience} danach eine eigene Gesichtsvorlage.',
  until: 'Bis wann',
  until_when: '{audience} kann dies bis {until} erhalten.',
  choice: 'Ihre Wahl',
  choice_free: 'Sie können ablehnen. Dann wird nichts geteilt.',
  change: 'Wenn Sie es sich anders überlegen',
  change_how:
    'Öffnen Sie diesen Link erneut und wählen Sie „{withdraw}“, oder wenden Sie sich an {application}.',
  change_effect:
    'Dann bekommt {audience} nichts mehr. Was {audience} schon hat, bleibt dort: Bitten Sie {audience}, es zu löschen.',
  agree: 'Zustimmen',
  refuse: 'Ablehnen',
  withdraw: 'Widerrufen',
  given: '{audience} kann Ihre Ergebnisse bis {until} erhalten.',
  refused: 'Mit {audience} wird nichts geteilt.',
  withdrawn: '{audience} bekommt nichts mehr.',
  expired: 'Über diesen Link wurde nichts mit {audience} geteilt.',
  ended: '{audience} bekommt nichts mehr. Was {audience} schon hat, bleibt dort.',
};
