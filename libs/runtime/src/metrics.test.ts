import { startSpanCollector } from '@selfsame/testing/spans';
import { afterEach, expect, test, vi } from 'vitest';
import {
  createCounter,
  createGauge,
  createHistogram,
  exposeMetrics,
  maxSamplesOfMetric,
  scoreBuckets,
  startMetrics,
} from './metrics.ts';
import { inSpan, startTelemetry } from './telemetry.ts';

startMetrics('unit');

afterEach(() => void vi.useRealTimers());

const exposed = async () => (await exposeMetrics()).text;
const linesOf = async (name: string) => (await exposed()).split('\n').filter((line) => line.startsWith(name));

test('what is exposed is OpenMetrics to its end, and says what runs where', async () => {
  const { contentType, text } = await exposeMetrics();
  expect(contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  expect(text.endsWith('# EOF\n')).toBe(true);
  expect(text).toMatch(
    new RegExp(
      `^selfsame_build_info{version="\\d+\\.\\d+\\.\\d+",node="${process.versions.node}",service="unit"} 1$`,
      'm',
    ),
  );
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds{service="unit"} /m);
});

test('a slow value leads to its trace', async () => {
  const collector = await startSpanCollector();
  const telemetry = startTelemetry('unit', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const seconds = createHistogram('unit_led_seconds', 'Unit');
  const traceId = await inSpan('slow', {}, async (span) => {
    seconds.observe({}, 0.3);
    return span.spanContext().traceId;
  });
  expect(await linesOf('unit_led_seconds_bucket')).toContainEqual(
    expect.stringMatching(new RegExp(`le="0\\.5".*# {trace_id="${traceId}"} 0\\.3 `)),
  );
  await telemetry.stop();
  await collector.close();
});

test('a trace that nobody records is no exemplar', async () => {
  const counter = createCounter('unit_unled_total', 'Unit');
  counter.add({});
  expect(await linesOf('unit_unled_total')).toEqual(['unit_unled_total{service="unit"} 1']);
});

test('a thousand values of a label are told apart, and the rest are counted together', async () => {
  const counter = createCounter('unit_many_total', 'Unit', ['value']);
  const readGauge = createGauge('unit_many', 'Unit', ['value']);
  const values = Array.from({ length: 1_200 }, (_, index) => `v${index}`);
  for (const value of values) counter.add({ value });
  const stop = readGauge(() => values.map((value) => ({ labels: { value }, value: 1 })));
  for (const name of ['unit_many_total', 'unit_many']) {
    const lines = await linesOf(`${name}{`);
    expect(lines).toHaveLength(1_001);
    expect(lines).toContain(`${name}{value="other",service="unit"} 200`);
  }
  stop();
});

test('what has not been used for an hour gives its place to what is new, and what is used keeps it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const scores = createHistogram('unit_recent', 'Unit', { labels: ['of'], mostSeries: 2 });
  const counted = async () => {
    const lines = await linesOf('unit_recent_count');
    return lines.map((line) => line.replace(/.*of="(\w+)".* /, '$1 ')).sort();
  };
  scores.observe({ of: 'old' }, 1);
  scores.observe({ of: 'used' }, 1);
  vi.advanceTimersByTime(59 * 60_000);
  scores.observe({ of: 'used' }, 1);
  scores.observe({ of: 'new' }, 1);
  expect(await counted()).toEqual(['old 1', 'other 1', 'used 2']);
  vi.advanceTimersByTime(2 * 60_000);
  scores.observe({ of: 'new' }, 1);
  scores.observe({ of: 'newer' }, 1);
  expect(await counted()).toEqual(['new 1', 'other 2', 'used 2']);
});

test('a reader that fails leaves its gauge out, and others in', async () => {
  const readBroken = createGauge('unit_broken', 'Unit');
  const readSound = createGauge('unit_sound', 'Unit');
  let isBroken = false;
  readBroken(async () => {
    if (isBroken) throw new Error('away');
    return [{ labels: {}, value: 7 }];
  });
  readSound(() => [{ labels: {}, value: 1 }]);
  expect(await linesOf('unit_broken')).toEqual(['unit_broken{service="unit"} 7']);
  isBroken = true;
  expect(await linesOf('unit_broken')).toEqual([]);
  expect(await linesOf('unit_sound')).toHaveLength(1);
});

test('a reader that never answers does not hold up the scrape, and one that is taken away is asked no more', async () => {
  const readHanging = createGauge('unit_hanging', 'Unit');
  let asked = 0;
  const stop = readHanging(() => {
    asked += 1;
    return new Promise(() => {});
  });
  expect(await linesOf('unit_hanging')).toEqual([]);
  stop();
  await exposed();
  expect(asked).toBe(1);
});

test('readers of one gauge add up: two pools of one process are one number', async () => {
  const read = createGauge('unit_summed', 'Unit', ['state']);
  read(() => [{ labels: { state: 'used' }, value: 2 }]);
  const stop = read(() => [{ labels: { state: 'used' }, value: 3 }]);
  expect(await linesOf('unit_summed')).toEqual(['unit_summed{state="used",service="unit"} 5']);
  stop();
  expect(await linesOf('unit_summed')).toEqual(['unit_summed{state="used",service="unit"} 2']);
});

test('no metric tells more samples than it may, and a histogram with too many buckets is none', async () => {
  const histogram = createHistogram('unit_flood_seconds', 'Unit', { labels: ['way'], buckets: scoreBuckets });
  for (let way = 0; way < 600; way += 1) histogram.observe({ way }, 1);
  const samples = await linesOf('unit_flood_seconds');
  expect(samples.length).toBe(501 * 23);
  expect(samples.length).toBeLessThanOrEqual(maxSamplesOfMetric);
  const buckets = Array.from({ length: 21 }, (_, step) => step);
  expect(() => createHistogram('unit_fine_seconds', 'Unit', { buckets })).toThrow('more than 20');
});
