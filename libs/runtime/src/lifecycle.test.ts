import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { readSettings, readStopTimeoutMs } from './config.ts';
import { createLifecycle } from './lifecycle.ts';
import { createLog } from './log.ts';

function lifecycleWithLog(options?: { stopTimeoutMs?: number }) {
  const lines: string[] = [];
  const log = createLog('unit', 'info', { write: (line: string) => void lines.push(line) });
  return { lifecycle: createLifecycle(log, options), lines };
}

test('parts close in reverse order; one that fails is logged and hinders none', async () => {
  const { lifecycle, lines } = lifecycleWithLog();
  const closed: string[] = [];
  lifecycle.onStop('first', () => void closed.push('first'));
  lifecycle.onStop('broken', async () => {
    throw new Error('stuck');
  });
  lifecycle.onStop('last', async () => void closed.push('last'));
  await lifecycle.stop();
  expect(closed).toEqual(['last', 'first']);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ part: 'broken', err: { message: 'stuck' } });
  expect(await lifecycle.stopped).toEqual({ clean: false });
});

test('a service is ready from ready() to the first wish to stop, before anything closes', async () => {
  const { lifecycle } = lifecycleWithLog();
  expect([lifecycle.health.started(), lifecycle.health.ready()]).toEqual([false, false]);
  lifecycle.ready();
  expect([lifecycle.health.started(), lifecycle.health.ready()]).toEqual([true, true]);
  let readyWhileClosing = true;
  lifecycle.onStop('part', () => {
    readyWhileClosing = lifecycle.health.ready();
  });
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  expect(readyWhileClosing).toBe(false);
  lifecycle.ready();
  expect(lifecycle.health.ready()).toBe(false);
  expect(lifecycle.signal.aborted).toBe(true);
  // A pod that drains is not one that has never started.
  expect([lifecycle.health.started(), lifecycle.health.live()]).toEqual([true, true]);
});

test('a part that opens while stopping is closed at once', async () => {
  const { lifecycle } = lifecycleWithLog();
  await lifecycle.stop();
  const closed = Promise.withResolvers<void>();
  lifecycle.onStop('late', closed.resolve);
  await closed.promise;
});

test('a part that never closes is named and left behind', async () => {
  const { lifecycle, lines } = lifecycleWithLog({ stopTimeoutMs: 20 });
  lifecycle.onStop('hanging', () => new Promise(() => {}));
  await lifecycle.stop();
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ part: 'hanging', msg: 'did not close in time' });
});

test('a failure stops the service and its probes say so', async () => {
  const { lifecycle, lines } = lifecycleWithLog();
  lifecycle.fail(new Error('lost the stream'));
  expect(await lifecycle.stopped).toEqual({ clean: false });
  expect(lifecycle.health.live()).toBe(false);
  expect(lines[0]).toContain('lost the stream');
});

/** Runs a script whose service starts as `start` says; resolves when it has ended. */
function runService(start: string, environment: Record<string, string> = {}) {
  const script = `
    import { createServer } from 'node:net';
    import { Failure } from '${import.meta.dirname}/errors.ts';
    import { readSettings, setting } from '${import.meta.dirname}/config.ts';
    import { serveGrpc } from '${import.meta.dirname}/grpc.ts';
    import { inSpan } from '${import.meta.dirname}/telemetry.ts';
    import { run } from '${import.meta.dirname}/lifecycle.ts';
    await run('unit', async (lifecycle, log, environment) => { ${start} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env.PATH, ...environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    output.stdout += data;
  });
  child.stderr.on('data', (data) => {
    output.stderr += data;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { child, output, ended };
}

test('mistakes in the environment are one line each on stderr, and exit 1', async () => {
  const { ended } = runService(
    `readSettings({ a: setting.string('A'), b: setting.integer('B', { min: 1 }) }, environment);`,
    { B: '0' },
  );
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    'unit: A is not set',
    `unit: B must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, not "0"`,
    '',
  ]);
});

test('a Failure at start is one line on stderr, and what was open is closed', async () => {
  const { ended } = runService(`
    lifecycle.onStop('part', () => log.info('part closed'));
    throw new Failure('precondition', 'schema_behind', 'run the migration first');`);
  const { code, stdout, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'unit: run the migration first\n' });
  expect(stdout).toContain('part closed');
});

test.each([
  [
    'HTTP_PORT',
    `await new Promise((resolve, reject) =>
       createServer().on('error', reject).listen(Number(environment.HTTP_PORT), '127.0.0.1', resolve));`,
  ],
  [
    'GRPC_PORT',
    `await serveGrpc({ host: '127.0.0.1', port: Number(environment.GRPC_PORT), log, services: () => {} });`,
  ],
])('a port in use is named together with its variable %s', async (variable, start) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const { ended } = runService(start, { [variable]: String(port) });
  const { code, stderr } = await ended;
  holder.close();
  expect(code).toBe(1);
  expect(stderr).toBe(
    `unit: port ${port} is already in use: stop what listens there or set ${variable} to a free port\n`,
  );
});

test('a collector of traces that is away is told in the log and fails nothing', async () => {
  const { child, output, ended } = runService(
    `await inSpan('work', {}, async () => log.info('started'));
    setInterval(() => {}, 1000);`,
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_BSP_SCHEDULE_DELAY: '60000' },
  );
  child.stdout.on('data', () => {
    if (output.stdout.includes('started')) child.kill('SIGTERM');
  });
  const { code, stdout, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('the last spans were not exported');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s closes the service and exits 0, even when it comes twice',
  async (signal) => {
    const { child, output, ended } = runService(`
    const server = createServer().listen(0);
    lifecycle.onStop('server', () => new Promise((resolve) => server.close(resolve)));
    lifecycle.onStop('work', () => log.info('work done'));
    log.info('started');`);
    child.stdout.on('data', () => {
      if (output.stdout.includes('started')) child.kill(signal);
    });
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('work done');
  },
);

test('STOP_TIMEOUT_MS is what a process may take to close, and 8 s where it is wrong', async () => {
  const { child, output, ended } = runService(
    `lifecycle.onStop('hanging', () => new Promise(() => {}));
     setInterval(() => {}, 1000);
     log.info('started');`,
    { STOP_TIMEOUT_MS: '250' },
  );
  child.stdout.on('data', () => {
    if (output.stdout.includes('started')) child.kill('SIGTERM');
  });
  const { code, stdout } = await ended;
  expect(code).toBe(1);
  expect(stdout).toContain('"part":"hanging","stopTimeoutMs":250');
  expect(readStopTimeoutMs({ STOP_TIMEOUT_MS: '50000' })).toBe(50_000);
  expect(readStopTimeoutMs({ STOP_TIMEOUT_MS: 'long' })).toBe(8_000);
  expect(() => readSettings({}, { STOP_TIMEOUT_MS: 'long' })).toThrow(
    'STOP_TIMEOUT_MS must be a whole number',
  );
});

test('a signal during a start that hangs still ends the process', async () => {
  const { child, output, ended } = runService(`
    log.info('starting');
    setInterval(() => {}, 1000);
    await new Promise(() => {});`);
  child.stdout.on('data', () => {
    if (output.stdout.includes('starting')) child.kill('SIGTERM');
  });
  expect((await ended).code).toBe(0);
});

test('an error that nobody caught stops the service in order, with exit 1', async () => {
  const { ended } = runService(`
    lifecycle.onStop('part', () => log.info('part closed'));
    setTimeout(() => Promise.reject(new Error('forgotten')), 1);`);
  const { code, stdout } = await ended;
  expect(code).toBe(1);
  expect(stdout).toContain('forgotten');
  expect(stdout).toContain('part closed');
});
