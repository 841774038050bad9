import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, describe, expect, test } from 'vitest';
import { keepBest, type Likeness } from './best.ts';
import { type FaceIndex, openFaceIndex } from './face-index.ts';
import { plainScan } from './plain-scan.ts';
import { BLOCK_BYTES, BLOCK_RECORDS, idIndex, RECORD_BYTES, TEMPLATE_BYTES } from './records.ts';
import { openSearchThreads } from './search-threads.ts';
import { createShelves, type FaceKind, type ShelfName, type Shelves } from './shelves.ts';

const log = createLog('biometrics', 'silent');
const MEGABYTE = 2 ** 20;
const forever = new AbortController().signal;
const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

function open(options: { maxBytes?: number; threads?: number } = {}): FaceIndex {
  const index = openFaceIndex({ maxBytes: 64 * MEGABYTE, threads: 2, log, ...options });
  closings.push(index.close);
  return index;
}

let seed = 1;
const number = (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (seed >>> 8) % below;
};
const template = () => Int8Array.from({ length: TEMPLATE_BYTES }, () => number(256) - 128);
const name = (more: Partial<ShelfName> = {}): ShelfName => ({
  applicationId: 'one',
  keyVersion: 1,
  kind: 'subject',
  ...more,
});
const LOWEST = -(2 ** 30);

/** What a search has to find, by a plain loop over a plain list. */
function expected(rows: ReadonlyMap<number, Row>, of: ShelfName, probe: Int8Array, keep: number): Likeness[] {
  const best = keepBest(keep, LOWEST);
  const record = new ArrayBuffer(RECORD_BYTES);
  for (const [id, row] of rows) {
    if (JSON.stringify(row.name) !== JSON.stringify(of)) continue;
    new Int8Array(record).set(row.template);
    new Float64Array(record)[idIndex(0)] = id;
    plainScan(record, 0, RECORD_BYTES, probe, best);
  }
  return best.list();
}

interface Row {
  name: ShelfName;
  template: Int8Array;
}

describe('what is searched is what is stored', () => {
  test('through any sequence of additions, replacements, moves and removals', async () => {
    const index = open();
    const rows = new Map<number, Row>();
    for (let round = 0; round < 12; round += 1) {
      await index.change((shelves) => {
        for (let step = 0; step < 300; step += 1) {
          const id = number(900);
          if (number(3) === 0) expect(shelves.remove(id)).toBe(rows.delete(id));
          else {
            const kind =
              (['subject', 'subject', 'blocklist', 'allowlist'] as FaceKind[])[number(4)] ?? 'subject';
            const row = {
              name: name({ kind, keyVersion: 1 + number(2), applicationId: `app-${number(2)}` }),
              template: template(),
            };
            rows.set(id, row);
            expect(shelves.put(id, row.name, row.template)).toBe('stored');
          }
        }
        expect(shelves.records).toBe(rows.size);
        expect([...shelves.entries()].sort((a, b) => a.id - b.id)).toEqual(
          [...rows].map(([id, row]) => ({ id, name: row.name })).sort((a, b) => a.id - b.id),
        );
      });
      const probe = template();
      const found = await index.search('app-1', [{ keyVersion: 2, template: probe }], {
        keep: 7,
        floor: LOWEST,
        signal: forever,
      });
      for (const kind of ['subject', 'blocklist', 'allowlist'] as const) {
        const of = name({ applicationId: 'app-1', keyVersion: 2, kind });
        expect(found[kind]).toEqual(expected(rows, of, probe, 7));
      }
    }
  });

  test('for every live key version with its own probe, and for no other', async () => {
    const index = open();
    const [first, second, revoked] = [template(), template(), template()];
    await index.change((shelves) => {
      for (const [id, keyVersion, of] of [
        [1, 1, first],
        [2, 2, second],
        [3, 3, revoked],
      ] as const) {
        shelves.put(id, name({ keyVersion }), of);
      }
    });
    const probes = [
      { keyVersion: 1, template: first },
      { keyVersion: 2, template: second },
    ];
    const search = (of: typeof probes) =>
      index.search('one', of, { keep: 5, floor: 500_000, signal: forever });
    expect((await search(probes)).subject.map(({ id }) => id).sort()).toEqual([1, 2]);
    // The other way round they have nothing to do with each other.
    const crossed = [
      { keyVersion: 1, template: second },
      { keyVersion: 2, template: first },
    ];
    expect((await search(crossed)).subject).toEqual([]);
    expect((await search([])).subject).toEqual([]);
  });

  test('with many threads as with one', async () => {
    const probe = template();
    const rows = Array.from({ length: 70_000 }, () => number(2 ** 30));
    const answers = [];
    for (const threads of [1, 3]) {
      const index = open({ threads });
      await index.change((shelves) => {
        const each = new Int8Array(TEMPLATE_BYTES);
        for (const [id, value] of rows.entries()) {
          // Few different templates, so that there are ties.
          each.fill(value % 50);
          shelves.put(id, name(), each);
        }
      });
      answers.push(
        await index.search('one', [{ keyVersion: 1, template: probe }], {
          keep: 20,
          floor: LOWEST,
          signal: forever,
        }),
      );
    }
    expect(answers[0]?.subject).toHaveLength(20);
    expect(answers[1]).toEqual(answers[0]);
  });
});

test('what is removed while searches are under way is not found by any that comes after', async () => {
  const index = open();
  const face = template();
  const total = 45_000;
  await index.change((shelves) => {
    const stranger = new Int8Array(TEMPLATE_BYTES);
    for (let id = 0; id < total; id += 1) shelves.put(id, name(), id % 1_000 === 0 ? face : stranger);
  });
  const present = new Set(Array.from({ length: 45 }, (_, each) => each * 1_000));
  const search = async () => {
    const before = [...present];
    const found = await index.search('one', [{ keyVersion: 1, template: face }], {
      keep: 100,
      floor: 1,
      signal: forever,
    });
    const ids = found.subject.map(({ id }) => id);
    // Everything found was there when the search was asked for, and everything there now was found.
    expect(before).toEqual(expect.arrayContaining(ids));
    expect(ids).toEqual(expect.arrayContaining([...present]));
  };
  const searches: Promise<void>[] = [];
  for (const id of [...present]) {
    searches.push(search(), search());
    searches.push(index.change((shelves) => void (present.delete(id) && shelves.remove(id))));
    if (id % 5_000 === 0) await Promise.all(searches);
  }
  await Promise.all(searches);
  expect(present.size).toBe(0);
});

test('a search under way misses nothing that moves: removals wait for it', async () => {
  const index = open({ threads: 1 });
  const face = template();
  const [strangers, faces] = [120_000, 200];
  await index.change((shelves) => {
    const stranger = new Int8Array(TEMPLATE_BYTES);
    for (let id = 0; id < strangers; id += 1) shelves.put(id, name(), stranger);
    // At the end, from where they move to the places of those who go.
    for (let id = 0; id < faces; id += 1) shelves.put(strangers + id, name(), face);
  });
  let removed = 0;
  for (let round = 0; round < 8; round += 1) {
    const found = index.search('one', [{ keyVersion: 1, template: face }], {
      keep: 300,
      floor: 1,
      signal: forever,
    });
    const changes: Promise<unknown>[] = [];
    for (let step = 0; step < 20; step += 1) {
      await new Promise(setImmediate);
      changes.push(index.change((shelves) => shelves.remove(removed++)));
    }
    expect((await found).subject).toHaveLength(faces);
    await Promise.all(changes);
  }
});

describe('memory', () => {
  const fill = (shelves: Pick<Shelves, 'put'>, from: number, to: number, of = name()) => {
    const each = new Int8Array(TEMPLATE_BYTES).fill(1);
    for (let id = from; id < to; id += 1) if (shelves.put(id, of, each) === 'full') return id;
    return to;
  };

  test('is bounded, says when it is full, and is used again', () => {
    const shelves = createShelves(3 * BLOCK_BYTES);
    expect(shelves.capacity).toBe(3 * BLOCK_RECORDS);
    expect(fill(shelves, 0, 10_000)).toBe(3 * BLOCK_RECORDS);
    expect(shelves.put(10_000, name({ kind: 'blocklist' }), template())).toBe('full');
    // A row that is there already can be replaced.
    expect(shelves.put(5, name(), template())).toBe('stored');
    for (let id = 0; id < BLOCK_RECORDS; id += 1) shelves.remove(id);
    expect(shelves.put(10_000, name({ kind: 'blocklist' }), template())).toBe('stored');
    shelves.clear();
    expect(shelves.records).toBe(0);
    expect(fill(shelves, 0, 10_000)).toBe(3 * BLOCK_RECORDS);
  });

  test('keeps nothing of what was removed', () => {
    const shelves = createShelves(MEGABYTE);
    fill(shelves, 0, 600);
    for (let id = 0; id < 600; id += 1) shelves.remove((id * 7) % 600);
    expect(new Uint8Array(shelves.memory.buffer).every((value) => value === 0)).toBe(true);
    fill(shelves, 0, 600);
    shelves.clear();
    const values = new Uint8Array(shelves.memory.buffer);
    expect(values.every((value) => value === 0)).toBe(true);
  });
});

test('a search that nobody waits for ends early', async () => {
  const index = open({ threads: 1 });
  await index.change((shelves) => {
    const each = new Int8Array(TEMPLATE_BYTES).fill(1);
    for (let id = 0; id < 30_000; id += 1) shelves.put(id, name(), each);
  });
  const gone = new AbortController();
  gone.abort();
  const probe = [{ keyVersion: 1, template: new Int8Array(TEMPLATE_BYTES).fill(1) }];
  const found = await index.search('one', probe, { keep: 5, floor: 1, signal: gone.signal });
  expect(found.subject).toEqual([]);
  expect((await index.search('one', probe, { keep: 5, floor: 1, signal: forever })).subject).toHaveLength(5);
});

test('a thread that dies fails its searches and is replaced', async () => {
  const { memory, put, find } = createShelves(4 * MEGABYTE);
  const face = template();
  put(7, name(), face);
  // As many as a thread is asked about.
  for (let id = 100; id < 5_100; id += 1) put(id, name(), new Int8Array(TEMPLATE_BYTES));
  const shelf = find(name());
  if (shelf === undefined) throw new Error('no shelf');
  const threads = openSearchThreads({ memory, threads: 1, log });
  closings.push(threads.close);
  const part = { shelf, probe: face, keep: 5, floor: 1 };
  // A probe of the wrong length is the one thing that a thread dies of.
  const broken = threads.scan([{ ...part, probe: new Int8Array(3) }], forever);
  await expect(broken).rejects.toMatchObject({ code: 'search_thread_lost', retryable: true });
  const found = await waitFor('the thread is replaced', () =>
    threads.scan([part], forever).catch(() => false as const),
  );
  expect(found).toMatchObject([[{ id: 7 }]]);
});
