import type { DashboardSpec } from '../dashboard.ts';
import { graph, heat, number } from '../panels.ts';
import { gauge, perSecond, quantile, share } from '../promql.ts';

/** Events on their way: through the bus, and to those who wait for a webhook. */
export const delivery: DashboardSpec = {
  name: 'delivery',
  title: 'Delivery',
  description: 'Events on their way: through the bus, and to those who wait for a webhook.',
  rows: {
    Now: [
      number(
        {
          title: 'Webhooks sent',
          description: 'Attempts in a second, whatever came of them.',
          unit: 'ops',
          runbook: 'WebhookBacklog',
        },
        { attempts: perSecond('selfsame_webhook_attempts_total') },
      ),
      number(
        {
          title: 'Delivered',
          description:
            'Part of the attempts at healthy destinations that were taken. Less than 80 %: the trouble is on our way out.',
          unit: 'percentunit',
          runbook: 'WebhookAttemptsFail',
        },
        {
          delivered: share('selfsame_webhook_attempts_total', 'outcome="delivered"', {
            where: 'class="healthy"',
          }),
        },
      ),
      number(
        {
          title: 'Due',
          description:
            'Deliveries due and not begun. A number that stays: more replicas, or a slow database.',
          unit: 'short',
          bad: 1_000,
          runbook: 'WebhookBacklog',
        },
        { due: gauge('selfsame_webhook_backlog', { where: 'state="ready"', take: 'max' }) },
      ),
      number(
        {
          title: 'Oldest due',
          description: 'For how long the oldest has been due. Two minutes mean that nobody sends.',
          unit: 's',
          bad: 120,
          runbook: 'WebhookBacklogOld',
        },
        { oldest: gauge('selfsame_webhook_backlog_oldest_seconds', { where: 'state="ready"', take: 'max' }) },
      ),
      number(
        {
          title: 'Given up within an hour',
          description:
            'Deliveries whose last attempt failed. Somebody missed an event unless it is sent again by hand.',
          unit: 'short',
          bad: 1,
          runbook: 'WebhooksGivenUp',
        },
        { 'given up': 'sum(increase(selfsame_webhook_deliveries_total{outcome="exhausted"}[1h]))' },
      ),
      number(
        {
          title: 'Unpublished, oldest',
          description:
            'Age of the oldest event that waits in an outbox. A minute means that NATS refuses or is away.',
          unit: 's',
          bad: 60,
          runbook: 'OutboxStuck',
        },
        { oldest: gauge('selfsame_bus_outbox_oldest_seconds', { take: 'max' }) },
      ),
    ],
    Webhooks: [
      graph(
        {
          title: 'Attempts by outcome',
          description:
            'refused_4xx and refused_5xx are answers, timeout and unreachable are none, forbidden is an address that we never go to.',
          unit: 'ops',
          isStacked: true,
          runbook: 'WebhookAttemptsFail',
        },
        { '{{outcome}}': perSecond('selfsame_webhook_attempts_total', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Delivered by class of destination',
          description: 'Part of the attempts that were taken. healthy low: our side; failing low: theirs.',
          unit: 'percentunit',
          runbook: 'WebhookAttemptsFail',
        },
        { '{{class}}': share('selfsame_webhook_attempts_total', 'outcome="delivered"', { by: ['class'] }) },
      ),
      graph(
        {
          title: 'Time of an attempt, p99',
          description:
            'Up to the status line, by outcome. delivered near the limit: receivers work before they answer.',
          unit: 's',
          runbook: 'WebhookLate',
          hasExemplars: true,
        },
        { '{{outcome}}': quantile(0.99, 'selfsame_webhook_attempt_seconds', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Deliveries ended',
          description: 'delivered or exhausted: what in the end became of an event for a destination.',
          unit: 'ops',
          runbook: 'WebhooksGivenUp',
        },
        { '{{outcome}}': perSecond('selfsame_webhook_deliveries_total', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Destinations by state',
          description: 'How many receivers are well. Many that fail at the same time share a cause.',
          unit: 'short',
          runbook: 'DestinationsFailing',
        },
        { '{{state}}': gauge('selfsame_webhook_destinations', { by: ['state'], take: 'max' }) },
      ),
      heat(
        {
          title: 'Frame to webhook',
          description:
            'From the arrival of a frame to the first byte out. A second band above the first: retries, or a slow stage.',
          unit: 's',
          runbook: 'WebhookLate',
        },
        perSecond('selfsame_frame_to_webhook_seconds_bucket', { by: ['le'] }),
      ),
    ],
    Events: [
      graph(
        {
          title: 'Published',
          description: 'Events taken by the stream, in a second.',
          unit: 'ops',
          runbook: 'OutboxStuck',
        },
        { '{{event}}': perSecond('selfsame_bus_published_total', { by: ['event'] }) },
      ),
      graph(
        {
          title: 'Not published',
          description:
            'Tries that the stream did not take, and events that wait for the next. Neither rises for long while NATS is well.',
          unit: 'short',
          runbook: 'PublishFails',
        },
        {
          'failures a second, {{event}}': perSecond('selfsame_bus_publish_failures_total', { by: ['event'] }),
          'waiting, {{service}}': gauge('selfsame_bus_outbox_pending', { by: ['service'], take: 'max' }),
        },
      ),
      graph(
        {
          title: 'Handled by outcome',
          description:
            'retried comes again later, buried is a dead letter. duplicate is harmless: it was handled before.',
          unit: 'ops',
          isStacked: true,
          runbook: 'EventsRetried',
        },
        { '{{outcome}}': perSecond('selfsame_bus_handling_seconds_count', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Time to handle, p99',
          description: 'In the consumer, by event. Slow: its database, or whoever it calls.',
          unit: 's',
          runbook: 'EventsLate',
          hasExemplars: true,
        },
        {
          '{{service}} {{event}}': quantile(0.99, 'selfsame_bus_handling_seconds', {
            by: ['service', 'event'],
          }),
        },
      ),
      graph(
        {
          title: 'Age when handled, p99',
          description:
            'From the event to the end of its handling. Older than it takes to handle: it waited in the stream.',
          unit: 's',
          bad: 5,
          runbook: 'EventsLate',
          hasExemplars: true,
        },
        {
          '{{service}} {{event}}': quantile(0.99, 'selfsame_bus_event_age_seconds', {
            by: ['service', 'event'],
          }),
        },
      ),
      graph(
        {
          title: 'Behind',
          description:
            'Events in the stream that a consumer has not got yet. A line that only rises: more replicas, or a handler that fails.',
          unit: 'short',
          bad: 1_000,
          runbook: 'ConsumerLag',
        },
        {
          '{{service}} {{event}}': gauge('selfsame_bus_consumer_pending', {
            by: ['service', 'event'],
            take: 'max',
          }),
        },
      ),
      graph(
        {
          title: 'Dead letters',
          description: 'Events that were given up, by who could not handle them.',
          unit: 'short',
          bad: 1,
          runbook: 'DeadLetters',
        },
        {
          '{{service}} {{event}}': gauge('selfsame_bus_dead_letters', {
            by: ['service', 'event'],
            take: 'max',
          }),
        },
      ),
    ],
  },
};
