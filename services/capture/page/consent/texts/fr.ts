import type { OwnTexts } from './catalogues.ts';

/** French. */
export const fr: OwnTexts = {
  page_title: 'Votre accord',
  no_script: 'Cette page a besoin de JavaScript pour recevoir votre réponse.',
  asks: '{application} vous demande votre accord',
  changed: 'Ce texte a changé depuis que vous avez ouvert la page. Veuillez le relire.',
  elsewhere: 'Une réponse a déjà été donnée.',
  sending: 'Enregistrement de votre réponse',
  not_sent: 'Votre réponse n’est pas arrivée. Vérifiez votre connexion, puis appuyez de nouveau.',
  too_many: 'Trop d’essais à la fois. Attendez une minute, puis appuyez de nouveau.',
  'no_key.title': 'Ce navigateur ne permet pas d’accepter',
  'no_key.body':
    'Pour montrer que c’était bien vous, la page garde une clé dans votre navigateur. Ici, ce n’est pas possible, par exemple dans une fenêtre privée ou à l’intérieur d’une autre application. Vous pouvez tout de même refuser ici.',
  'answered.given': 'Vous avez accepté',
  'answered.refused': 'Vous avez refusé',
  'answered.withdrawn': 'Vous avez retiré votre accord',
  'answered.expired': 'C’est terminé',
  details: 'Ce que vous avez accepté',
  'withdraw.title': 'Retirer votre accord ?',
  'withdraw.body':
    'Dès lors, {audience} ne pourra plus obtenir vos résultats. Ce que {audience} a déjà reste là-bas. Pour le faire effacer, adressez-vous à {audience}.',
  'withdraw.confirm': 'Oui, le retirer',
  'withdraw.keep': 'Non, le maintenir',
  stay: 'Rester sur cette page',
};
