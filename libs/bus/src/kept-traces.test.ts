import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { context, propagation } from '@opentelemetry/api';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { connectGrpc } from '@selfsame/runtime/grpc';
import { startTelemetry } from '@selfsame/runtime/telemetry';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { freePort, spawnOwned } from '@selfsame/testing/owned-process';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const whole = '3,2,1';
const names = ['front', 'middle', 'end'];
const program = new URL('../test/chained-service.ts', import.meta.url).pathname;

/** Three processes that ask each other, on one NATS: what one of them finds worth keeping, all export. */
describe('traces are kept for what happened in them', () => {
  let nats: TestNats;
  const telemetry = startTelemetry('tests', {});
  const closings: (() => unknown)[] = [];

  beforeAll(async () => {
    nats = await testNats();
  });
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await nats.stop();
    await telemetry.stop();
  });

  async function openChain(ratio: string, slowMs: string) {
    const collector = await startSpanCollector();
    closings.push(collector.close);
    const ports = await Promise.all(names.map(freePort));
    const environment = {
      ...process.env,
      NATS_URL: nats.url,
      LOG_LEVEL: 'silent',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      TRACES_RATIO: ratio,
      TRACES_SLOW_MS: slowMs,
    };
    await Promise.all(
      names.map(async (name, at) => {
        const places = [ports[at], ports[at + 1]].flatMap((port) => (port ? [String(port)] : []));
        const { child, end } = spawnOwned(process.execPath, [program, name, ...places], tmpdir(), {
          env: environment,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        closings.push(() => end('SIGTERM'));
        let said = '';
        child.stdout?.on('data', (data) => {
          said += data;
        });
        await waitFor(`${name} is ready`, () => said.includes('ready'), { timeoutMs: 40_000 });
      }),
    );
    const front = connectGrpc(SessionServiceDefinition, `127.0.0.1:${ports[0]}`, { deadlineMs: 10_000 });
    closings.push(front.close);
    return {
      collector,
      ask: (what: string, traceId: string) => {
        const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
        const parent = propagation.extract(context.active(), { traceparent });
        return context.with(parent, () => front.client.findApplication({ reference: what })).catch(() => {});
      },
      /** What each process has exported of a trace: one span served, one asked but for the last, and that of its entry. */
      exported: (traceId: string) =>
        names.map(
          (name) =>
            collector.spans().filter((span) => span.traceId === traceId && span.service === name).length,
        ),
    };
  }

  it('what only the last or the first has noticed is exported from everywhere, an uneventful trace from nowhere', async () => {
    const { ask, exported, collector } = await openChain('0', '400');
    const [broken, slow] = [newTraceId(), newTraceId()];
    // The first call connects, and a machine may be busy: an uneventful trace is one that was quick.
    const good = await waitFor('a quick call', async () => {
      const traceId = newTraceId();
      const startedAt = performance.now();
      await ask('good', traceId);
      return performance.now() - startedAt < 400 && traceId;
    });
    await Promise.all([ask('broken', broken), ask('slow', slow)]);
    for (const traceId of [broken, slow]) {
      await waitFor('all of the trace', () => String(exported(traceId)) === whole);
    }
    expect(exported(good)).toEqual([0, 0, 0]);
    expect(JSON.stringify(collector.spans())).not.toContain('secret-');
  }, 90_000);

  it('a share is exported at a ratio of 0.2: what the front picks by itself, and from all', async () => {
    const { ask, exported } = await openChain('0.2', '60000');
    const traceIds = Array.from({ length: 200 }, newTraceId);
    await Promise.all(traceIds.map((traceId) => ask('good', traceId)));
    // Told after what the front has picked, and exported after it.
    const last = newTraceId();
    await ask('broken', last);
    await waitFor('all of the last', () => String(exported(last)) === whole);
    const picked = traceIds.filter((traceId) => exported(traceId)[0] !== 0);
    // Forty of them, six standard deviations on either side.
    expect(picked.length).toBeGreaterThan(5);
    expect(picked.length).toBeLessThan(75);
    for (const traceId of picked)
      await waitFor('all of the trace', () => String(exported(traceId)) === whole);
    const others = traceIds.filter((traceId) => !picked.includes(traceId));
    expect(others.filter((traceId) => String(exported(traceId)) !== '0,0,0')).toEqual([]);
  }, 90_000);
});

const newTraceId = () => randomBytes(16).toString('hex');
