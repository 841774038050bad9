import type { Texts } from './texts.ts';

export const de: Texts = {
  pageTitle: 'Selfie-Prüfung',
  leave: 'Verlassen',
  tryAgain: 'Noch einmal versuchen',
  done: 'Fertig',
  backTo: (application) => `Zurück zu ${application}`,
  poweredBy: 'Gesichert mit',
  loading: 'Einen Moment',
  welcome: {
    asks: (application) => `${application} bittet um ein Selfie`,
    titleMatch: 'Bestätigen Sie, dass Sie es sind',
    titleEnrol: 'Selfie-Anmeldung einrichten',
    titleCheck: 'Zeigen Sie, dass Sie da sind',
    look: {
      title: 'In die Kamera schauen',
      body: 'Ein Bild, ganz von selbst.',
    },
    check: { title: 'Wir prüfen es', body: 'Ist ein echter Mensch da?' },
    checkMatch: 'Sind es wirklich Sie, hier und jetzt?',
    finish: {
      title: 'Fertig',
      body: 'Sie sehen das Ergebnis sofort.',
      named: (application) => `Das Ergebnis geht an ${application}.`,
    },
    privacyTitle: 'Ihr Bild wird nicht aufbewahrt',
    compared: (application) =>
      `Ihr Gesicht kann mit Gesichtern verglichen werden, die ${application} schon kennt, um doppelte Konten zu verhindern.`,
    notKept: 'Es wird nach der Prüfung gelöscht.',
    onlyResult: 'Gespeichert wird nur das Ergebnis.',
    templateKept: (application) =>
      `Für die nächste Anmeldung bewahrt ${application} eine geschützte Gesichtsvorlage auf, kein Bild. Sie können sie löschen lassen.`,
    agree: 'Zustimmen und weiter',
  },
  asking: {
    title: 'Kamera erlauben',
    body: 'Ihr Browser fragt nach der Erlaubnis. Wählen Sie „Zulassen“.',
  },
  trouble: {
    refused: {
      title: 'Die Kamera ist blockiert',
      body: 'Öffnen Sie neben der Adresszeile die Website-Einstellungen, stellen Sie die Kamera auf „Zulassen“ und versuchen Sie es noch einmal.',
    },
    absent: {
      title: 'Keine Kamera gefunden',
      body: 'Schließen Sie eine Kamera an, oder öffnen Sie diesen Link auf Ihrem Telefon.',
    },
    in_use: {
      title: 'Die Kamera ist belegt',
      body: 'Eine andere App oder ein anderer Tab benutzt sie. Schließen Sie diese und versuchen Sie es noch einmal.',
    },
    stopped: {
      title: 'Die Kamera hat aufgehört',
      body: 'Prüfen Sie, ob sie angeschlossen ist, und versuchen Sie es noch einmal.',
    },
    embedded: {
      title: 'Die Kamera ist hier gesperrt',
      body: 'Diese Seite steckt in einer anderen, die ihr die Kamera nicht erlaubt. Öffnen Sie sie in einem eigenen Tab.',
    },
    unsupported: {
      title: 'Dieser Browser kann die Kamera nicht nutzen',
      body: 'Öffnen Sie den Link in einem aktuellen Chrome, Safari, Firefox oder Edge.',
    },
    openTab: 'In neuem Tab öffnen',
  },
  hints: {
    position: 'Gesicht in das Oval bringen',
    alone: 'Nur ein Gesicht im Bild',
    closer: 'Etwas näher kommen',
    back: 'Etwas zurückgehen',
    centre: 'Zur Mitte bewegen',
    light: 'Mehr Licht suchen',
    glare: 'Vom hellen Licht wegdrehen',
    still: 'Stillhalten',
    good: 'Perfekt, so bleiben',
    manual: 'Bereit? Auslöser drücken',
  },
  stage: 'Kamerabild',
  shutter: 'Bild aufnehmen',
  uploading: 'Wird sicher gesendet',
  checking: 'Wird geprüft',
  waitingForLink: 'Verbindung verloren. Ihr Bild folgt, sobald sie zurück ist.',
  stuck: {
    title: 'Das kam nicht an',
    body: 'Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal. Ein neues Bild ist nicht nötig.',
  },
  again: {
    title: 'Machen wir noch eines',
    triesLeft: (tries) => (tries === 1 ? 'Noch ein Versuch' : `Noch ${tries} Versuche`),
  },
  problems: {
    no_face: 'Wir konnten kein Gesicht sehen. Halten Sie es im Oval und nehmen Sie ab, was es verdeckt.',
    multiple_faces: 'Es war mehr als ein Gesicht zu sehen. Achten Sie darauf, allein im Bild zu sein.',
    too_small: 'Sie waren zu weit weg. Kommen Sie näher, bis Ihr Gesicht das Oval füllt.',
    too_dark: 'Es war zu dunkel. Wenden Sie sich einem Fenster oder einer Lampe zu.',
    too_bright: 'Es war zu hell. Drehen Sie sich vom starken Licht weg.',
    turned_away: 'Ihr Gesicht war abgewandt. Schauen Sie gerade in die Kamera.',
    low_quality: 'Das Bild war nicht klar genug. Wischen Sie die Linse ab und suchen Sie besseres Licht.',
    blurred: 'Das Bild war unscharf. Wischen Sie die Linse ab und halten Sie still.',
    covered: 'Ihr Gesicht war verdeckt. Nehmen Sie Sonnenbrille, Maske oder Mütze ab.',
  },
  locked: {
    title: 'Zu viele Versuche',
    wait: (time, wait) => `Sie können es ${wait} wieder versuchen, ab ${time} Uhr.`,
    over: 'Sie können es jetzt wieder versuchen.',
  },
  deciding: {
    title: 'Fast geschafft',
    body: 'Ihr Bild ist angekommen. Das Ergebnis dauert etwas länger als sonst.',
  },
  approved: {
    title: 'Sie sind bestätigt',
    body: (application) => `Weiter geht es bei ${application}.`,
    enrolled: (application) => `Ab jetzt melden Sie sich bei ${application} mit einem Selfie an.`,
  },
  inReview: {
    title: 'Wir sehen genauer hin',
    body: (application) => `Ein Mensch prüft das. Sie müssen nichts tun: ${application} gibt Ihnen Bescheid.`,
  },
  declined: {
    title: 'Wir konnten Sie nicht bestätigen',
    matched: (application) => `Gehen Sie zurück zu ${application} und melden Sie sich auf anderem Weg an.`,
    body: (application) =>
      `Gehen Sie zurück zu ${application}, um es neu zu versuchen oder Hilfe zu bekommen.`,
  },
  finished: {
    title: 'Diese Prüfung ist beendet',
    body: (application) => `Hier ist nichts mehr zu tun. ${application} hat das Ergebnis.`,
  },
  redirecting: (seconds) => `Weiter von selbst in ${seconds}`,
  mayClose: 'Sie können diese Seite schließen.',
  left: {
    title: 'Sie haben die Prüfung verlassen',
    body: 'Sie ist noch nicht beendet. Dieser Link bringt Sie zurück, bis er abläuft.',
    resume: 'Prüfung fortsetzen',
  },
  ended: {
    expired: {
      title: 'Dieser Link ist abgelaufen',
      body: 'Gehen Sie dorthin zurück, woher Sie kamen, und fordern Sie einen neuen an.',
    },
    unknown: {
      title: 'Dieser Link funktioniert nicht',
      body: 'Prüfen Sie, ob er vollständig ist, oder fordern Sie einen neuen an.',
    },
    unavailable: {
      title: 'Der Dienst ist nicht erreichbar',
      body: 'Das liegt an uns oder an Ihrer Verbindung. Bitte versuchen Sie es gleich noch einmal.',
    },
    busy: {
      title: 'Zu viele Versuche auf einmal',
      body: 'Warten Sie eine Minute und versuchen Sie es noch einmal.',
    },
    slow: {
      title: 'Das dauert länger als sonst',
      body: 'Ihr Bild ist sicher angekommen. Sie können die Seite schließen oder noch einmal nachsehen.',
    },
  },
};
