import type { ConsumerView, StreamDiagnosis } from '@selfsame/bus/diagnosis';
import { consumerOf } from '@selfsame/bus/story';
import type { ServiceName } from '@selfsame/deploy/topology';
import { duration } from '../terminal.ts';
import { type Check, factOf, failed, ok, type Result, skipped, warning } from './check.ts';
import type { Deployment } from './deployment.ts';
import { ask, type Looks, whyUnanswered } from './looks.ts';

/** Who listens to what; a test holds it against the consumers of a running system. */
export const listeners: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  session: ['api.called', 'capture.completed', 'erasure.confirmed'],
  biometrics: ['session.deleted', 'session.status_changed', 'share.revoked', 'subject.erased'],
  'fraud-signals': ['session.deleted', 'session.status_changed', 'subject.erased'],
  share: ['session.deleted', 'subject.erased'],
  'webhook-dispatcher': ['session.deleted', 'session.status_changed', 'subject.erased'],
};

const behindWarnMs = 30_000;
const behindFailMs = 10 * 60_000;
const fullAbove = 0.8;

export function eventChecks(deployment: Deployment, looks: Looks): Check[] {
  return [
    { area: 'events', check: 'stream', run: () => stream(looks), timeoutMs: 12_000 },
    { area: 'events', check: 'consumers', run: () => consumers(deployment, looks), timeoutMs: 12_000 },
    { area: 'events', check: 'sync to disk', run: () => syncing(deployment, looks), timeoutMs: 12_000 },
  ];
}

async function stream(looks: Looks): Promise<Result[]> {
  let seen: StreamDiagnosis;
  try {
    seen = await looks.stream();
  } catch (error) {
    const line = factOf(error);
    const remedy = /jetstream/i.test(line)
      ? 'start it with -js, and give it a store'
      : 'start it or correct NATS_URL; events wait in PostgreSQL and are published when it is back';
    return [failed(line, remedy)];
  }
  const { stream: found, serverVersion, storageFill } = seen;
  if (found === null)
    return [
      failed(
        `NATS ${serverVersion} answers, and has no stream SELFSAME`,
        'start any service: it makes the stream and fills it from its outbox',
      ),
    ];
  const { wrong, mended, replicas, replicasBehind, fill, messages } = found;
  const results: Result[] = [
    wrong.length > 0
      ? failed(
          wrong.join('; '),
          'correct it (nats stream edit SELFSAME) or the NATS_ settings, or delete it: it is made anew from the outboxes',
        )
      : ok(
          `NATS ${serverVersion}, ${messages} events, ${Math.round(fill * 100)} % full, ${replicas} ${replicas === 1 ? 'copy' : 'copies'}`,
        ),
  ];
  if (mended.length > 0)
    results.push(warning(mended.join('; '), 'start any service again: it sets this right itself'));
  if (replicasBehind.length > 0)
    results.push(
      warning(
        `copies behind or away: ${replicasBehind.join(', ')}`,
        'bring those NATS servers back',
        'copies',
      ),
    );
  if (fill > fullAbove)
    results.push(
      warning(
        `${Math.round(fill * 100)} % full`,
        'see which consumer is behind, or raise NATS_STREAM_MAX_BYTES',
        'room',
      ),
    );
  if (storageFill !== null && storageFill > fullAbove)
    results.push(
      warning(
        `${Math.round(storageFill * 100)} % of its storage is used`,
        'give NATS a larger store (max_file_store)',
        'room',
      ),
    );
  return results;
}

async function consumers({ services }: Deployment, looks: Looks): Promise<Result[]> {
  let seen: StreamDiagnosis;
  try {
    seen = await looks.stream();
  } catch {
    return [skipped('NATS could not be looked at')];
  }
  if (seen.stream === null) return [skipped('there is no stream')];
  const present = new Map(seen.consumers.map((each) => [each.name, each]));
  const wanted = services.flatMap(({ name }) =>
    (listeners[name] ?? []).map((event) => ({ name, consumer: consumerOf(name, event) })),
  );
  const missing = wanted.filter(({ consumer }) => !present.has(consumer));
  const results = missing.map(({ name, consumer }) =>
    failed(
      'is not on the stream',
      `start ${name}: it makes its consumer and reads what it has missed`,
      consumer,
    ),
  );
  const behind = [...present.values()].flatMap((each) => judge(each, looks.now()) ?? []);
  if (results.length + behind.length > 0) return [...results, ...behind];
  return [ok(`${present.size} consumers, none behind`)];
}

/** undefined: it keeps up. */
function judge({ name, behind, behindSince, redelivered }: ConsumerView, now: Date): Result | undefined {
  const ageMs = behindSince === null ? 0 : now.getTime() - behindSince.getTime();
  if (behind === 0 || ageMs < behindWarnMs) return undefined;
  const again = redelivered > 0 ? `, ${redelivered} of them delivered again` : '';
  const text = `is ${behind} ${behind === 1 ? 'event' : 'events'} behind, for ${duration(ageMs)}${again}`;
  const remedy = 'see the log of its service: it is down, slow, or fails at an event';
  return ageMs > behindFailMs ? failed(text, remedy, name) : warning(text, remedy, name);
}

/** Clients are not told how a server writes; its monitoring port is. */
async function syncing({ natsMonitoringUrl: url }: Deployment, looks: Looks): Promise<Result[]> {
  let seen: StreamDiagnosis;
  try {
    seen = await looks.stream();
  } catch {
    return [skipped('NATS could not be looked at')];
  }
  const copies = seen.stream?.replicas ?? 1;
  const [major = 0, minor = 0] = seen.serverVersion.split('.').map(Number);
  const hint = 'set sync_interval: always (deploy/nats/README.md)';
  if (url) return [await monitored(url, looks, hint)];
  if (major < 2 || (major === 2 && minor < 10))
    return [
      ok(
        `NATS ${seen.serverVersion} syncs now and then; what a crash loses of it is published again from the outboxes`,
      ),
    ];
  if (copies === 1)
    return [ok('cannot be seen from here (NATS_MONITORING_URL); the outboxes cover what a crash loses')];
  return [warning('cannot be seen from here', `name a monitoring port in NATS_MONITORING_URL; ${hint}`)];
}

async function monitored(url: string, looks: Looks, hint: string): Promise<Result> {
  try {
    const { body } = await ask(`${url.replace(/\/$/, '')}/jsz?config=true`, looks.now);
    const { config = {} } = JSON.parse(body) as {
      config?: { sync_always?: boolean; sync_interval?: number };
    };
    if (config.sync_always === true) return ok('after every write');
    const seconds = (config.sync_interval ?? 0) / 1e9;
    return warning(`every ${seconds || '120'} s: NATS acknowledges what a crash may lose`, hint);
  } catch (error) {
    return warning(`${url} does not answer (${whyUnanswered(error)})`, 'correct NATS_MONITORING_URL');
  }
}
