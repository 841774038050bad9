import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';
import { isAuthentic } from './receiver-checks.ts';

const entry = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Process {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

let world: World;
let receiver: Receiver;
let destination: { uuid: string; secret: string };
const processes: Process[] = [];

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  receiver = await startReceiver();
  // Only to make a destination; it takes no part in a test's deliveries.
  const manager: RunningService = await world.start();
  const body = {
    label: 'test',
    url: `${receiver.url}/hook?token=url-token`,
    subscribed_events: ['status.updated'],
  };
  const answer = await manager.call('POST', '/v3/webhook/destinations/', body);
  destination = { uuid: answer.body.uuid, secret: answer.body.secret_shared_key };
  await manager.stop();
});
afterEach(async () => {
  for (const { child, exited } of processes.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
  await receiver.close();
  await world.clear();
});

/** The service as an operator starts it. */
function launch(environment: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, ...world.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const launched = { child, output: () => output, exited };
  processes.push(launched);
  return launched;
}

const isReady = ({ output }: Process) =>
  waitFor('the service is ready', () => output().includes('"ready"'), { timeoutMs: 20_000 });
const bodiesReceived = () => receiver.requests.map(({ rawBody }) => JSON.parse(rawBody.toString('utf8')));

test('a process killed in the middle of an attempt loses nothing: another one sends the same event', async () => {
  receiver.answer(() => ({ status: 200, hang: receiver.requests.length === 1 }));
  const environment = { WEBHOOK_TIMEOUT_MS: '1000' };
  const first = launch(environment);
  await isReady(first);
  const eventId = await world.tell();
  await waitFor('the first attempt', () => receiver.requests.length === 1);
  first.child.kill('SIGKILL');
  await first.exited;

  await isReady(launch(environment));
  await waitFor('the second attempt', () => receiver.requests.length === 2, { timeoutMs: 15_000 });
  expect(bodiesReceived().map(({ event_id }) => event_id)).toEqual([eventId, eventId]);
  expect(receiver.requests.every((request) => isAuthentic(request, destination.secret))).toBe(true);
});

test('a process told to stop finishes its attempts and records them', async () => {
  receiver.answer(() => ({ status: 200, delayMs: 300 }));
  const service = launch();
  await isReady(service);
  await world.tell();
  await waitFor('the attempt', () => receiver.requests.length === 1);
  service.child.kill('SIGTERM');
  expect(await service.exited).toBe(0);
  const attempts = await world.database.db
    .selectFrom('attempts')
    .innerJoin('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .select('response_status')
    .execute();
  expect(attempts).toEqual([{ response_status: 200 }]);
});

describe('what is private', () => {
  /** Does what an owner can do. @returns the secrets that were given out */
  async function useByHand(service: Process): Promise<string[]> {
    const port = /"http_port":(\d+)/.exec(service.output())?.[1];
    const post = async (action: string, body: object = {}) => {
      const response = await fetch(
        `http://127.0.0.1:${port}/v3/webhook/destinations/${destination.uuid}/${action}/`,
        {
          method: 'POST',
          headers: { 'x-api-key': world.application.apiKey, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
      );
      expect(response.status).toBe(200);
      return (await response.json()) as Record<string, string>;
    };
    const rotated = await post('rotate-secret');
    await post('test');
    await post('resend-failed', { since: '2026-01-01T00:00:00Z' });
    return [rotated.secret_shared_key ?? '', rotated.standard_webhooks_secret ?? ''];
  }

  test('appears in no log line and no span, whatever goes wrong; one event is one trace', async () => {
    const collector = await startSpanCollector();
    const service = launch({
      LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      WEBHOOK_RETRY_SCHEDULE: '0.05,0.05',
    });
    await isReady(service);
    const answers = [{ status: 200 }, { status: 500, body: 'receiver-words' }, { status: 200 }];
    receiver.answer(() => answers[receiver.requests.length - 1] ?? { status: 200 });
    const sessionId = randomUUID();
    const message = {
      sessionId,
      vendorData: 'vendor-words',
      metadataJson: '{"note":"metadata-words"}',
      callback: 'https://example.com/back?token=callback-token',
    };
    await world.tell(message);
    await waitFor('the first webhook', () => receiver.requests.length === 1);
    await world.tell({ ...message, metadataJson: '{"note":metadata-words}' }); // cannot be made into a body
    await world.tell(message);
    await waitFor('a retry', () => receiver.requests.length === 3);
    const given = await useByHand(service);
    await receiver.close();
    await world.tell(message); // nobody listens
    const spans = await waitFor('spans of every attempt', () => {
      const found = collector.spans().filter(({ name }) => name === 'webhook attempt');
      return found.length >= 4 && collector.spans();
    });
    service.child.kill('SIGTERM');
    await service.exited;
    await collector.close();

    const written = service.output() + JSON.stringify(spans);
    expect(written).toContain(sessionId);
    const apiKey = world.application.apiKey;
    const secretKey = world.environment.WEBHOOK_SECRET_KEY ?? '';
    const words = [
      'vendor-words',
      'metadata-words',
      'receiver-words',
      'url-token',
      'callback-token',
      'similarity',
    ];
    for (const secret of [...words, ...given, destination.secret, apiKey, secretKey])
      expect(written).not.toContain(secret);

    const [request] = receiver.requests;
    const traceId = String(request?.headers.traceparent).split('-')[1];
    const names = spans.filter((span) => span.traceId === traceId).map(({ name }) => name);
    expect(names).toContain('webhook attempt');
    expect(names).toContain('POST');
    expect(names).toContain('selfsame.session.status_changed process');
    const attempt = spans.find((span) => span.traceId === traceId && span.name === 'webhook attempt');
    const post = spans.find((span) => span.traceId === traceId && span.name === 'POST');
    expect(post?.parentSpanId).toBe(attempt?.spanId);
    expect(String(request?.headers.traceparent)).toContain(post?.spanId ?? 'no span');
  });
});

describe('a world that is wrong stops the start with one line that names the remedy', () => {
  const refusalOf = async (environment: Record<string, string>) => {
    const service = launch(environment);
    expect(await service.exited).toBe(1);
    const lines = service
      .output()
      .split('\n')
      .filter((line) => line.startsWith('webhook-dispatcher: '));
    expect(lines).toHaveLength(1);
    return lines[0];
  };

  test('another key than the one that sealed the secrets', async () => {
    const line = await refusalOf({ WEBHOOK_SECRET_KEY: randomBytes(32).toString('base64') });
    expect(line).toContain('it was sealed under another WEBHOOK_SECRET_KEY');
  });

  test('a network that cannot be read', async () => {
    expect(await refusalOf({ WEBHOOK_ALLOWED_NETWORKS: 'everywhere' })).toContain('WEBHOOK_ALLOWED_NETWORKS');
  });

  test('a database without our tables', async () => {
    const url = new URL(world.environment.DATABASE_URL ?? '');
    url.pathname = '/postgres';
    expect(await refusalOf({ DATABASE_URL: url.href })).toContain(
      'services/webhook-dispatcher/src/migrate.ts',
    );
  });
});
