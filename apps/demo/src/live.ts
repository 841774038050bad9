import type { ServerResponse } from 'node:http';
import type { WebhookVerdict } from './webhook.ts';

/** One row of the live list. */
interface ReceivedWebhook {
  number: number;
  receivedAt: string;
  application: string;
  outcome: WebhookVerdict['outcome'];
  /** Why it was refused; null otherwise. */
  reason: string | null;
  rawBytes: boolean;
  canonicalJson: boolean;
  /** Within how many seconds of its event it came: created_at is in whole seconds. Null when refused. */
  withinSeconds: number | null;
  /** The verified body; null when refused, because what nobody signed is not shown. */
  body: unknown;
}

/** The last webhooks, and the browsers that watch them arrive over server-sent events. */
export interface Live {
  add(application: string, verdict: WebhookVerdict): void;
  /** Writes the list, then every new row, into the response. False when too many watch already. */
  watch(response: ServerResponse): boolean;
  close(): void;
}

const ROWS = 100;
const WATCHERS = 100;
const HEARTBEAT_MS = 15_000;

export function createLive(): Live {
  const rows: ReceivedWebhook[] = [];
  const watchers = new Set<ServerResponse>();
  let number = 0;
  const heartbeat = setInterval(() => {
    for (const watcher of watchers) watcher.write(': still here\n\n');
  }, HEARTBEAT_MS).unref();

  return {
    add(application, verdict) {
      const accepted = verdict.outcome !== 'refused';
      number += 1;
      const row: ReceivedWebhook = {
        number,
        receivedAt: new Date().toISOString(),
        application,
        outcome: verdict.outcome,
        reason: accepted ? null : verdict.reason,
        rawBytes: verdict.rawBytes,
        canonicalJson: verdict.canonicalJson,
        withinSeconds: accepted
          ? Math.max(0, Math.floor(Date.now() / 1000 - verdict.event.created_at)) + 1
          : null,
        body: accepted ? verdict.event : null,
      };
      rows.unshift(row);
      rows.length = Math.min(rows.length, ROWS);
      for (const watcher of watchers) watcher.write(message('webhook', row));
    },
    watch(response) {
      if (watchers.size >= WATCHERS) return false;
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write(message('list', rows));
      watchers.add(response);
      response.on('close', () => watchers.delete(response));
      return true;
    },
    close() {
      clearInterval(heartbeat);
      for (const watcher of watchers) watcher.end();
    },
  };
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
