import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceKey, packBundle } from './bundles.ts';
import { barePage, goodEvidence, sampleFrame, startWorld, type World } from './harness.ts';

const bundleType = 'application/vnd.selfsame.capture';

/** The service as a process of its own, as it runs in production. */
describe('the capture process', () => {
  let world: World;
  let built: ReturnType<typeof barePage>;
  let collector: Awaited<ReturnType<typeof startSpanCollector>>;
  let child: ChildProcess;
  let output = '';
  let url = '';

  beforeEach(async () => {
    built = barePage();
    [world, collector] = await Promise.all([startWorld(built.directory), startSpanCollector()]);
    output = '';
    child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
      env: {
        ...process.env,
        ...world.environment,
        CAPTURE_PAGE_DIRECTORY: built.directory,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        LOG_LEVEL: 'trace',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const port = await waitFor('the process is ready', () => /"httpPort":(\d+)/.exec(output)?.[1], {
      timeoutMs: 30_000,
    });
    url = `http://127.0.0.1:${port}/session/${world.token}`;
  });
  afterEach(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await world.stop();
    await collector.close();
    built.remove();
  });

  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    return child.exitCode;
  };
  const upload = (attemptId: string, headers: Record<string, string> = {}, body = sampleFrame()) =>
    fetch(`${url}/attempts/${attemptId}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg', ...headers },
    });

  it('finishes the upload in flight when it is told to stop', async () => {
    await fetch(`${url}/open`, { method: 'POST' });
    const judged = Promise.withResolvers<void>();
    world.script.verify = async () => {
      await judged.promise;
      return goodEvidence();
    };
    const answer = upload(randomUUID());
    await waitFor('the look begins', () => world.seen.verified.length === 1);
    const exit = stop();
    await waitFor('stopping has begun', () => output.includes('"stopping"'));
    judged.resolve();
    expect(await (await answer).json()).toMatchObject({ result: 'verdict', status: 'Approved' });
    expect(await exit).toBe(0);
  });

  it('stops at once although a broken upload waits for its rest', { timeout: 60_000 }, async () => {
    const attempt = `${url}/attempts/${randomUUID()}`;
    await fetch(`${url}/open`, { method: 'POST' });
    // Whoever asks cuts the delivery, whether its bytes have been read or not: each try gives them longer.
    for (let patienceMs = 250, offset = 0; offset === 0; patienceMs *= 2) {
      expect(patienceMs).toBeLessThan(20_000);
      const sender = request(attempt, {
        method: 'POST',
        headers: {
          'content-type': 'image/jpeg',
          'content-length': 100_000,
          'content-digest': `sha-256=:${createHash('sha256').digest('base64')}:`,
        },
      });
      sender.on('error', () => undefined);
      await new Promise<void>((resolve) => sender.write(sampleFrame(), () => resolve()));
      await sleep(patienceMs);
      const { headers } = await fetch(attempt, { method: 'HEAD' });
      sender.destroy();
      offset = Number(headers.get('upload-offset'));
    }
    expect(await stop()).toBe(0);
  });

  it('makes one trace of one selfie, and neither trace nor log holds a token or a picture', async () => {
    const attemptId = randomUUID();
    const trace = attemptId.replaceAll('-', '');
    await fetch(url);
    await fetch(`${url}/open`, { method: 'POST' });
    const asked = await fetch(`${url}/attempts/${attemptId}/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const { nonce } = (await asked.json()) as { nonce: string };
    const key = await deviceKey();
    const bundle = await packBundle({ image: sampleFrame(), nonce, key, camera: { cam_device_count: 1 } });
    const signed = JSON.parse(bundle.subarray(4, 4 + bundle.readUInt32BE(0)).toString()).proof;
    await upload(
      attemptId,
      { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'content-type': bundleType },
      bundle,
    );
    await upload(randomUUID(), { 'content-type': 'text/plain' });
    await fetch(`${url}/leave`, { method: 'POST' });
    expect(await stop()).toBe(0);

    const spans = collector.spans();
    const ofAttempt = spans.filter((span) => span.traceId === trace).map(({ name }) => name);
    expect(ofAttempt).toEqual(
      expect.arrayContaining([
        'POST /session/:token/attempts/:attempt_id',
        'selfsame.session.v1.SessionService/BeginAttempt',
        'selfsame.biometrics.v1.BiometricsService/Verify',
        'selfsame.capture.completed publish',
      ]),
    );
    const written = `${output}\n${JSON.stringify(spans)}`;
    expect(output.split('\n').length).toBeGreaterThan(5);
    for (const secret of [
      world.token,
      digestForms(world.token),
      sampleFrame().toString('base64').slice(0, 60),
      nonce,
      signed.public_key,
      signed.signature,
    ].flat()) {
      expect(written).not.toContain(secret);
    }
    expect(world.logs()).not.toContain(world.token);
  });
});

/** A digest stands for its token wherever tokens are looked up, so it stays inside as well. */
function digestForms(token: string): string[] {
  const digest = createHash('sha256').update(token).digest();
  return [digest.toString('hex'), digest.toString('base64')];
}
