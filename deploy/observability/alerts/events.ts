import { gauge, perSecond, quantile, share } from '../promql.ts';
import { type Alert, when } from './alert.ts';

/** Events between services, and the database that they come from. */
export const eventAlerts: readonly Alert[] = [
  {
    name: 'DeadLetters',
    severity: 'ticket',
    when: when(gauge('selfsame_bus_dead_letters', { by: ['service', 'event'], take: 'max' }), '>', 0),
    forMinutes: 5,
    summary: '{{ $labels.service }} has given up {{ $value }} events {{ $labels.event }}',
    description: 'What these events should have done has not happened: a verdict, a webhook, an erasure.',
  },
  {
    name: 'OutboxStuck',
    severity: 'page',
    when: when(gauge('selfsame_bus_outbox_oldest_seconds', { by: ['service'], take: 'max' }), '>', 60),
    forMinutes: 5,
    summary:
      'Events of {{ $labels.service }} have waited for {{ $value | humanizeDuration }} to be published',
    description: 'They are safe in Postgres, and nobody hears of them: no webhooks, no verdicts.',
  },
  {
    name: 'PublishFails',
    severity: 'ticket',
    when: when(
      perSecond('selfsame_bus_publish_failures_total', { over: '5m', by: ['service', 'event'] }),
      '>',
      0.1,
    ),
    forMinutes: 5,
    summary:
      '{{ $labels.service }} cannot publish {{ $labels.event }} ({{ $value | humanize }} failures a second)',
    description:
      'NATS refuses or is away. Capture publishes without an outbox: its users repeat their selfie.',
  },
  {
    name: 'ConsumerLag',
    severity: 'page',
    when: when(gauge('selfsame_bus_consumer_pending', { by: ['service', 'event'], take: 'max' }), '>', 1_000),
    forMinutes: 10,
    summary: '{{ $labels.service }} is {{ $value }} events {{ $labels.event }} behind',
    description: 'What follows from these events comes late.',
  },
  {
    name: 'EventsLate',
    severity: 'ticket',
    when: when(
      quantile(0.99, 'selfsame_bus_event_age_seconds', { over: '10m', by: ['service', 'event'] }),
      '>',
      5,
    ),
    forMinutes: 10,
    summary:
      '{{ $labels.service }} handles {{ $labels.event }} {{ $value | humanizeDuration }} after it happened (p99)',
    description: 'Events wait in the stream, or are tried again and again.',
  },
  {
    name: 'EventsRetried',
    severity: 'ticket',
    when: when(
      share('selfsame_bus_handling_seconds_count', 'outcome=~"retried|buried"', {
        over: '10m',
        by: ['service', 'event'],
      }),
      '>',
      0.1,
    ),
    forMinutes: 10,
    summary:
      '{{ $labels.service }} fails with {{ $value | humanizePercentage }} of the events {{ $labels.event }}',
    description: 'They come again with rising delay, and are dead letters in the end.',
  },
  {
    name: 'DatabasePoolExhausted',
    severity: 'page',
    when: when(
      gauge('selfsame_database_connections', {
        where: 'state="waiting"',
        by: ['service', 'instance'],
        take: 'max',
      }),
      '>',
      0,
    ),
    forMinutes: 5,
    summary: '{{ $value }} transactions of {{ $labels.service }} wait for a connection',
    description: 'Every request of this replica waits in line.',
  },
  {
    name: 'TransactionsSlow',
    severity: 'ticket',
    when: when(
      quantile(0.99, 'selfsame_database_transaction_seconds', { over: '10m', by: ['service'] }),
      '>',
      1,
    ),
    forMinutes: 10,
    summary: 'A transaction of {{ $labels.service }} takes {{ $value | humanizeDuration }} at p99',
    description: 'The database is busy, or something holds a lock.',
  },
];
