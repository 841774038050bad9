import { expect, test } from 'vitest';
import { createRouter, readRules } from './routes.ts';

const id = '0199c0de-0000-7000-8000-000000000000';

test.each([
  ['/v3/session/', 'session'],
  ['/v3/sessions/', 'session'],
  [`/v3/sessions/${id}/reviews/`, 'session'],
  [`/v3/session/${id}/decision/`, 'session'],
  ['/v3/workflows/', 'session'],
  ['/v3/customization/', 'session'],
  ['/brand-assets/ab.png', 'session'],
  ['/v3/webhook/', 'webhook-dispatcher'],
  ['/v3/webhook/destinations/', 'webhook-dispatcher'],
  [`/v3/webhook/destinations/${id}/deliveries/`, 'webhook-dispatcher'],
  [`/v3/session/${id}/webhooks/`, 'webhook-dispatcher'],
  ['/v3/lists/', 'fraud-signals'],
  [`/v3/lists/${id}/entries/`, 'fraud-signals'],
  ['/v3/blocklist/add/', 'fraud-signals'],
  ['/v3/users/user-1/devices/', 'fraud-signals'],
  ['/v3/users/user-1/', 'session'],
  [`/v3/session/${id}/webhooks`, 'webhook-dispatcher'],
  [`/v3/session/${id}/webhook/${id}`, 'webhook-dispatcher'],
  [`/v3/session/${id}/webhook/${id}/resend`, 'webhook-dispatcher'],
  ['/session/AbCdEf', 'capture'],
  ['/en/session/AbCdEf', 'capture'],
  ['/pt-BR/session/AbCdEf', 'capture'],
  ['/cnr/session/AbCdEf', 'capture'],
  ['/capture-assets/app.js', 'capture'],
  ['/__states/welcome-match', 'capture'],
  ['/demo', 'demo'],
  ['/demo/webhooks/partner_b', 'demo'],
  // A prefix ends at a slash, and a pattern holds for the whole path.
  ['/demolition', undefined],
  ['/sessions', undefined],
  ['/v3x/session/', undefined],
  ['/english/session/x', undefined],
  [`/v3/session/${id}/webhooks-of-others/`, 'session'],
  ['/', undefined],
])('%s is answered by %s', (path, service) => {
  expect(createRouter(readRules())(path)).toBe(service);
});

test('the order of the table does not matter, as in a gateway', () => {
  const rules = readRules();
  const forwards = createRouter(rules);
  const backwards = createRouter([...rules].reverse());
  for (const path of ['/v3/webhook/x', `/v3/session/${id}/webhooks/`, '/v3/session/', '/de/session/t']) {
    expect(backwards(path)).toBe(forwards(path));
  }
});
