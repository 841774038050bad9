/** English, which names the texts that only the consent page has. What is agreed to comes from the share service. */
export const en = {
  page_title: 'Your consent',
  no_script: 'This page needs JavaScript to take your answer.',
  asks: '{application} asks for your consent',
  changed: 'This text has changed since you opened the page. Please read it again.',
  elsewhere: 'This was already answered.',
  sending: 'Saving your answer',
  not_sent: 'Your answer didn’t get through. Check your connection, then press again.',
  too_many: 'Too many tries at once. Wait a minute, then press again.',
  'no_key.title': 'You can’t agree in this browser',
  'no_key.body':
    'To show that it was you, the page keeps a key in your browser. That doesn’t work here, for example in a private window or inside another app. You can still say no here.',
  'answered.given': 'You have agreed',
  'answered.refused': 'You have said no',
  'answered.withdrawn': 'You have withdrawn your consent',
  'answered.expired': 'This is over',
  details: 'What you agreed to',
  'withdraw.title': 'Withdraw your consent?',
  'withdraw.body':
    'From then on, {audience} can’t obtain your results any more. What {audience} already has stays there: to have it deleted, ask {audience}.',
  'withdraw.confirm': 'Yes, withdraw',
  'withdraw.keep': 'No, keep it',
  stay: 'Stay on this page',
} as const;
