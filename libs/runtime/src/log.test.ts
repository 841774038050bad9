import { expect, test } from 'vitest';
import { Failure } from './errors.ts';
import { createLog } from './log.ts';
import { inSpan, startTelemetry } from './telemetry.ts';

function logInto(lines: string[]) {
  return createLog('unit', 'info', { write: (line: string) => void lines.push(line) });
}

test('an error keeps code, kind, stack and causes, and loses what a library hung on it', () => {
  const lines: string[] = [];
  const cause = Object.assign(new Error('refused', { cause: 'a plain secret' }), {
    code: 'ECONNREFUSED',
    request: { body: 'the selfie' },
  });
  logInto(lines).error(
    { err: new Failure('unavailable', 'neighbour_gone', 'Try again.', { cause }) },
    'oops',
  );

  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/selfie|a plain secret/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    service: 'unit',
    msg: 'oops',
    err: {
      type: 'Failure',
      code: 'neighbour_gone',
      kind: 'unavailable',
      message: 'Try again.',
      stack: expect.stringContaining('log.test.ts'),
      cause: { code: 'ECONNREFUSED', message: 'refused', cause: { type: 'string' } },
    },
  });
});

test('causes that run in a circle end', () => {
  const lines: string[] = [];
  const circle = new Error('round');
  circle.cause = circle;
  logInto(lines).error({ err: circle }, 'oops');
  expect(lines[0]?.match(/"message":"round"/g)?.length).toBeLessThan(10);
});

test('credentials are redacted wherever they usually lie', () => {
  const lines: string[] = [];
  const headers = {
    authorization: 'Bearer hidden',
    'x-api-key': 'hidden',
    'session-token': 'hidden',
    cookie: 'hidden',
    accept: 'shown',
  };
  logInto(lines).info({ ...headers, headers, req: { headers } }, 'asked');
  expect(lines[0]).not.toContain('hidden');
  expect(lines[0]).toContain('shown');
});

test('lines inside a span carry its ids, also when nothing is exported', async () => {
  const lines: string[] = [];
  const log = logInto(lines);
  const telemetry = startTelemetry('unit', {});
  log.info('outside');
  const { traceId, spanId } = await inSpan('work', {}, async (span) => {
    log.info('inside');
    return span.spanContext();
  });
  await telemetry.stop();
  expect(JSON.parse(lines[0] ?? '')).not.toHaveProperty('trace_id');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ trace_id: traceId, span_id: spanId });
});
