import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const environment = {
  HTTP_PORT: '8084',
  DATABASE_URL: 'postgres://localhost/selfsame',
  NATS_URL: 'nats://localhost:4222',
  SESSION_GRPC: '127.0.0.1:9081',
  WEBHOOK_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
};

test('the defaults are strict: public https only', () => {
  const config = readConfig(environment);
  expect(config.addressPolicy).toEqual({ allowedNetworks: [], allowHttp: false });
  expect(config.retrySchedule).toBe('standard');
  expect(config.timeoutMs).toBe(5_000);
});

test.each([
  ['contract', 'contract'],
  ['0.5,60', [0.5, 60]],
])('new destinations may get the schedule %s', (text, schedule) => {
  expect(readConfig({ ...environment, WEBHOOK_RETRY_SCHEDULE: text }).retrySchedule).toEqual(schedule);
});

test('what cannot be read is named', () => {
  const read = (more: Record<string, string>) => () => readConfig({ ...environment, ...more });
  expect(read({ WEBHOOK_ALLOWED_NETWORKS: '10.0.0.0/8,nonsense' })).toThrow(
    'WEBHOOK_ALLOWED_NETWORKS "nonsense"',
  );
  expect(read({ WEBHOOK_RETRY_SCHEDULE: '60,soon' })).toThrow('WEBHOOK_RETRY_SCHEDULE');
  expect(read({ WEBHOOK_SECRET_KEY: 'c2hvcnQ=' })).toThrow('WEBHOOK_SECRET_KEY must hold 32 bytes');
});
