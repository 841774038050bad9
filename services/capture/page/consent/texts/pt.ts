import type { OwnTexts } from './catalogues.ts';

/** Portuguese. */
export const pt: OwnTexts = {
  page_title: 'O seu consentimento',
  no_script: 'Esta página precisa de JavaScript para receber a sua resposta.',
  asks: '{application} pede o seu consentimento',
  changed: 'Este texto mudou desde que a página foi aberta. Leia de novo, por favor.',
  elsewhere: 'Este pedido já tinha resposta.',
  sending: 'A guardar a sua resposta',
  not_sent: 'A sua resposta não chegou. Verifique a conexão e carregue de novo.',
  too_many: 'Tentativas demais ao mesmo tempo. Espere um minuto e carregue de novo.',
  'no_key.title': 'Não é possível aceitar neste navegador',
  'no_key.body':
    'Para mostrar quem respondeu, a página guarda uma chave no navegador. Aqui isso não funciona, por exemplo numa janela privada ou dentro de outra aplicação. Mas pode dizer que não aqui mesmo.',
  'answered.given': 'Aceitou',
  'answered.refused': 'Disse que não',
  'answered.withdrawn': 'Retirou o seu consentimento',
  'answered.expired': 'Este pedido terminou',
  details: 'O que aceitou',
  'withdraw.title': 'Retirar o seu consentimento?',
  'withdraw.body':
    'A partir daí, {audience} já não pode obter os seus resultados. O que {audience} já tem fica lá: para que seja apagado, fale com {audience}.',
  'withdraw.confirm': 'Sim, retirar',
  'withdraw.keep': 'Não, manter',
  stay: 'Ficar nesta página',
};
