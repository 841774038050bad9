import type { OwnTexts } from './catalogues.ts';

/** Spanish. */
export const es: OwnTexts = {
  page_title: 'Tu consentimiento',
  no_script: 'Esta página necesita JavaScript para recibir tu respuesta.',
  asks: '{application} te pide tu consentimiento',
  changed: 'Este texto ha cambiado desde que abriste la página. Léelo de nuevo, por favor.',
  elsewhere: 'Esto ya tenía respuesta.',
  sending: 'Guardando tu respuesta',
  not_sent: 'Tu respuesta no ha llegado. Comprueba tu conexión y vuelve a pulsar.',
  too_many: 'Demasiados intentos a la vez. Espera un minuto y vuelve a pulsar.',
  'no_key.title': 'No puedes aceptar en este navegador',
  'no_key.body':
    'Para demostrar que eras tú, la página guarda una clave en tu navegador. Aquí no es posible, por ejemplo en una ventana privada o dentro de otra aplicación. Decir que no sí es posible aquí.',
  'answered.given': 'Has aceptado',
  'answered.refused': 'Has dicho que no',
  'answered.withdrawn': 'Has retirado tu consentimiento',
  'answered.expired': 'Esto ha terminado',
  details: 'Lo que aceptaste',
  'withdraw.title': '¿Retirar tu consentimiento?',
  'withdraw.body':
    'Desde ese momento, {audience} ya no podrá obtener tus resultados. Lo que {audience} ya tiene se queda allí: para que lo borre, pídeselo a {audience}.',
  'withdraw.confirm': 'Sí, retirarlo',
  'withdraw.keep': 'No, mantenerlo',
  stay: 'Quedarme en esta página',
};
