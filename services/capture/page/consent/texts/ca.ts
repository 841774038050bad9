import type { OwnTexts } from './catalogues.ts';

/** Catalan. */
export const ca: OwnTexts = {
  page_title: 'El teu consentiment',
  no_script: 'Aquesta pàgina necessita JavaScript per rebre la teva resposta.',
  asks: '{application} et demana el consentiment',
  changed: 'Aquest text ha canviat des que has obert la pàgina. Torna’l a llegir, si us plau.',
  elsewhere: 'Això ja tenia resposta.',
  sending: 'S’està desant la teva resposta',
  not_sent: 'La teva resposta no ha arribat. Comprova la connexió i torna a prémer.',
  too_many: 'Massa intents alhora. Espera un minut i torna a prémer.',
  'no_key.title': 'No pots acceptar en aquest navegador',
  'no_key.body':
    'Per demostrar que eres tu, la pàgina desa una clau al navegador. Aquí no és possible, per exemple en una finestra privada o dins d’una altra aplicació. Dir que no sí que és possible aquí.',
  'answered.given': 'Has acceptat',
  'answered.refused': 'Has dit que no',
  'answered.withdrawn': 'Has retirat el teu consentiment',
  'answered.expired': 'Això s’ha acabat',
  details: 'El que vas acceptar',
  'withdraw.title': 'Vols retirar el teu consentiment?',
  'withdraw.body':
    'A partir d’aleshores, {audience} ja no podrà obtenir els teus resultats. El que {audience} ja té s’hi queda: perquè ho esborri, demana-ho a {audience}.',
  'withdraw.confirm': 'Sí, retira’l',
  'withdraw.keep': 'No, mantén-lo',
  stay: 'Queda’t en aquesta pàgina',
};
