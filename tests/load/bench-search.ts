import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { keepBest } from '@selfsame/biometrics/search/best';
import { openFaceIndex } from '@selfsame/biometrics/search/face-index';
import { plainScan } from '@selfsame/biometrics/search/plain-scan';
import { RECORD_BYTES, TEMPLATE_BYTES } from '@selfsame/biometrics/search/records';
import { createLog } from '@selfsame/runtime/log';
import { median, percentile } from './percentiles.ts';
import { enrol } from './search/enrolled.ts';
import { readingBound } from './search/reading-bound.ts';

/**
 * `pnpm bench:search`: how long one face takes to be searched among many, exactly. For collections of 1,000 to a million
 * templates: the search as the service does it (threads, SIMD), beside a plain loop over the same records, and beside the
 * time that it takes this machine to read so many bytes at all. Then the whole way of a look's search over sealed rows in
 * Postgres, and how long a replica takes to read them when it starts.
 *
 *   --templates 1000000  the largest collection    --threads 2   --searches 200
 *   --sealed 100000      rows in Postgres          --quick       a small run
 */
const { values } = parseArgs({
  options: {
    templates: { type: 'string' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    searches: { type: 'string' },
    sealed: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const largest = Number(values.templates ?? (values.quick ? 100_000 : 1_000_000));
const searches = Number(values.searches ?? (values.quick ? 50 : 200));
const sealed = Number(values.sealed ?? (values.quick ? 2_000 : 100_000));
const threads = Number(values.threads);
const APPLICATION = 'bench';
const shelf = { applicationId: APPLICATION, keyVersion: 1, kind: 'subject' } as const;

/** Made beforehand, so that building an index is all that is measured of it. */
const pool = Array.from({ length: 4_096 }, template);

console.log(`${threads} threads, ${searches} searches each; times in ms`);
console.log(
  'templates   median      p99   plain loop   reading bound   loop delay p99   build   RSS grows by',
);
const sizes = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size < largest);
for (const size of [...sizes, largest]) await bench(size);
await benchSealed();

/** A collection in memory. */
async function bench(size: number): Promise<void> {
  const rssBefore = process.memoryUsage().rss;
  const index = openFaceIndex({ maxBytes: 2 ** 32, threads, log: createLog('bench', 'error') });
  await index.ready;
  const buildStart = performance.now();
  for (let id = 0; id < size; ) {
    id = await index.change((shelves) => {
      const end = Math.min(size, id + 1_000);
      for (let each = id; each < end; each += 1)
        shelves.put(each, shelf, pool[each % pool.length] ?? template());
      return end;
    });
  }
  const buildMs = performance.now() - buildStart;
  const grown = process.memoryUsage().rss - rssBefore;
  const search = () =>
    index.search(APPLICATION, [{ keyVersion: 1, template: template() }], {
      keep: 8,
      floor: 68_160,
      signal: AbortSignal.timeout(60_000),
    });
  for (let round = 0; round < 20; round += 1) await search();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times: number[] = [];
  for (let round = 0; round < searches; round += 1) {
    const start = performance.now();
    await search();
    times.push(performance.now() - start);
  }
  delay.disable();
  await index.close();
  const bound = await readingBound(size * RECORD_BYTES, threads);
  print(
    size.toLocaleString('en').padStart(9),
    median(times).toFixed(2).padStart(8),
    percentile(times, 99).toFixed(2).padStart(8),
    plainMs(size).toFixed(1).padStart(12),
    bound.toFixed(2).padStart(15),
    // The clock itself ticks every millisecond.
    Math.max(0, delay.percentile(99) / 1e6 - 1)
      .toFixed(2)
      .padStart(16),
    buildMs.toFixed(0).padStart(7),
    `${(grown / 2 ** 20).toFixed(0)} MiB`.padStart(14),
  );
}

/** One thread, plain JavaScript, over as many records. */
function plainMs(size: number): number {
  const memory = new ArrayBuffer(size * RECORD_BYTES);
  new Uint8Array(memory).fill(3);
  const rounds = [0, 1, 2].map(() => {
    const start = performance.now();
    plainScan(memory, 0, memory.byteLength, template(), keepBest(8, 2 ** 30));
    return performance.now() - start;
  });
  return Math.min(...rounds);
}

/** What a look's search costs in all: live keys read from Postgres, the face protected under each, scanned. */
async function benchSealed(): Promise<void> {
  const { faces, applicationId, builtMs, close } = await enrol(sealed, threads, template);
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await faces.search({ applicationId, subject: undefined }, embedding(), 'others');
  }
  for (let round = 0; round < searches; round += 1) {
    const start = performance.now();
    const { searchOutcome } = await faces.search(
      { applicationId, subject: undefined },
      embedding(),
      'others',
    );
    times.push(performance.now() - start);
    if (searchOutcome !== 'searched') throw new Error(`a search was ${searchOutcome}`);
  }
  await close();
  print(`\n${sealed.toLocaleString('en')} sealed rows in Postgres`);
  print(
    `  read, opened and indexed in ${builtMs.toFixed(0)} ms: ${Math.round((sealed / builtMs) * 1_000)} rows/s`,
  );
  print(
    `  a look's search, keys included: median ${median(times).toFixed(2)}, p99 ${percentile(times, 99).toFixed(2)}`,
  );
}

/** By chance, and small enough that no two of them look alike. */
function template(): Int8Array {
  return randomFillSync(new Int8Array(TEMPLATE_BYTES)).map((value) => value >> 2);
}

function embedding(): Float32Array {
  return Float32Array.from(template(), (value) => value / 400);
}

function print(...cells: string[]): void {
  console.log(cells.join(' '));
}
