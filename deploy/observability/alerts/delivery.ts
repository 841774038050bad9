import { gauge, rise, share } from '../promql.ts';
import { type Alert, all, when } from './alert.ts';

/** Webhooks, as those who wait for them see it. */
export const deliveryAlerts: readonly Alert[] = [
  {
    name: 'WebhookBacklog',
    severity: 'ticket',
    when: when(gauge('selfsame_webhook_backlog', { where: 'state="ready"', take: 'max' }), '>', 1_000),
    forMinutes: 10,
    summary: '{{ $value }} deliveries are due and not begun',
    description: 'Webhooks come late for everybody who has many of them.',
  },
  {
    name: 'WebhookBacklogOld',
    severity: 'page',
    when: when(
      gauge('selfsame_webhook_backlog_oldest_seconds', { where: 'state="ready"', take: 'max' }),
      '>',
      120,
    ),
    forMinutes: 5,
    summary: 'A delivery has been due for {{ $value | humanizeDuration }}',
    description: 'Somebody waits for a webhook that nobody has tried to send.',
  },
  {
    name: 'WebhookAttemptsFail',
    severity: 'page',
    when: all(
      when(
        share('selfsame_webhook_attempts_total', 'outcome!="delivered"', {
          where: 'class="healthy"',
          over: '10m',
          by: ['class'],
        }),
        '>',
        0.2,
      ),
      when(
        rise('selfsame_webhook_attempts_total', { where: 'class="healthy"', over: '10m', by: ['class'] }),
        '>',
        20,
      ),
    ),
    forMinutes: 5,
    summary: '{{ $value | humanizePercentage }} of the attempts at {{ $labels.class }} destinations fail',
    description: 'Receivers that were well fail together: what they share is our way out.',
  },
  {
    name: 'WebhooksGivenUp',
    severity: 'ticket',
    when: when(
      rise('selfsame_webhook_deliveries_total', { where: 'outcome="exhausted"', over: '1h' }),
      '>',
      0,
    ),
    forMinutes: 0,
    summary: '{{ $value | humanize }} deliveries were given up within an hour',
    description: 'Somebody missed an event for good, unless it is sent again by hand.',
  },
  {
    name: 'DestinationsFailing',
    severity: 'ticket',
    when: when(
      'max(selfsame_webhook_destinations{state="failing"})' +
        ' / sum(max by (state) (selfsame_webhook_destinations{state=~"healthy|troubled|failing"}))',
      '>',
      0.2,
    ),
    forMinutes: 30,
    summary: '{{ $value | humanizePercentage }} of all destinations fail',
    description: 'Their circuits are open: they are tried now and then, and their events wait.',
  },
];
