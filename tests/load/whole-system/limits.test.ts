import { expect, test } from 'vitest';
import { planArrivals } from './arrivals.ts';
import { explain, slopePerHour } from './limits.ts';
import { readExposition, total } from './scrape.ts';

test('who comes when is fixed beforehand, and the same for the same seed', () => {
  const arrivals = planArrivals(20, 50, 7);
  expect(arrivals).toEqual(planArrivals(20, 50, 7));
  expect(arrivals).not.toEqual(planArrivals(20, 50, 8));
  const visits = arrivals.filter(({ kind }) => kind === 'visit').length;
  expect(visits / 1_000).toBeCloseTo(1, 0);
  expect(arrivals.every(({ atMs }, index) => atMs >= (arrivals[index - 1]?.atMs ?? 0))).toBe(true);
});

test('what a service says of itself is read with its labels, exemplars beside', () => {
  const samples = readExposition(
    [
      '# TYPE selfsame_http_refused counter',
      'selfsame_http_refused_total{reason="overload",service="session"} 3',
      'selfsame_http_refused_total{reason="rate_limit",service="session"} 4 # {trace_id="ab"} 1 2.5',
      'process_resident_memory_bytes 12345',
      '# EOF',
    ].join('\n'),
  );
  expect(total(samples, 'selfsame_http_refused_total')).toBe(7);
  expect(total(samples, 'selfsame_http_refused_total', { reason: 'overload' })).toBe(3);
  expect(total(samples, 'process_resident_memory_bytes')).toBe(12_345);
});

test('why a limit is one is told by what is spent', () => {
  const pressure = {
    inferenceQueueMs: 120,
    inferenceRefused: 0,
    overload: { session: 9 },
    rateLimited: 0,
    waitingForConnections: 0,
  };
  const processes = [{ name: 'biometrics', cores: 1.2, residentBytes: 1, loopP99Ms: 150 }];
  const lines = explain({ seconds: 10, cores: 2, busyCores: 2, processes, pressure });
  expect(lines).toEqual([
    'processor spent: 2.00 of 2 cores busy (biometrics 60 %, others on the machine 40 %)',
    'looks wait 120 ms for an inference thread',
    '9 requests refused for load by session',
    'event loop of biometrics late by 150 ms at p99',
  ]);
});

test('what rises is told by the hour', () => {
  const points = [0, 60, 120].map((atSeconds) => ({ atSeconds, value: 100 + atSeconds }));
  expect(slopePerHour(points)).toBeCloseTo(3_600);
  expect(slopePerHour([])).toBe(0);
});
