import type { OwnTexts } from './catalogues.ts';

/** Italian. */
export const it: OwnTexts = {
  page_title: 'Il tuo consenso',
  no_script: 'Questa pagina ha bisogno di JavaScript per ricevere la tua risposta.',
  asks: '{application} chiede il tuo consenso',
  changed: 'Questo testo è cambiato da quando hai aperto la pagina. Rileggilo, per favore.',
  elsewhere: 'Una risposta c’era già.',
  sending: 'Salvataggio della tua risposta',
  not_sent: 'La tua risposta non è arrivata. Controlla la connessione, poi premi ancora.',
  too_many: 'Troppi tentativi insieme. Aspetta un minuto, poi premi ancora.',
  'no_key.title': 'In questo browser non puoi accettare',
  'no_key.body':
    'Per mostrare che eri tu, la pagina tiene una chiave nel browser. Qui non è possibile, per esempio in una finestra privata o dentro un’altra app. Dire di no si può anche qui.',
  'answered.given': 'Hai accettato',
  'answered.refused': 'Hai detto di no',
  'answered.withdrawn': 'Hai revocato il tuo consenso',
  'answered.expired': 'Questa richiesta è conclusa',
  details: 'Che cosa hai accettato',
  'withdraw.title': 'Revocare il tuo consenso?',
  'withdraw.body':
    'Da quel momento {audience} non può più ottenere i tuoi risultati. Quello che {audience} ha già resta lì: per farlo cancellare, rivolgiti a {audience}.',
  'withdraw.confirm': 'Sì, revoca',
  'withdraw.keep': 'No, mantieni',
  stay: 'Resta su questa pagina',
};
