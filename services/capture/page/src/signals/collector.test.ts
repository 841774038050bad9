import { expect, it } from 'vitest';
import { startCollector } from './collector.ts';
import { digestOf } from './digest.ts';
import { factsOf, type Part } from './part.ts';

const part = (read: Part['read'], patienceMs = 10_000): Part => ({ read, patienceMs });
const never = () => new Promise<never>(() => undefined);

it('a part that throws, fails or stays away takes nothing from the others', async () => {
  const collector = startCollector([
    part(() => {
      throw new Error('no such thing');
    }),
    part(() => Promise.reject(new Error('refused'))),
    part(never, 5),
    part(() => ({ scroll: 'none' })),
    part(async () => ({ touches: 3 })),
  ]);
  await collector.done;
  expect(collector.found()).toEqual({ scroll: 'none', touches: 3 });
});

it('a collector that is stopped begins nothing new and waits for nobody', async () => {
  let begun = 0;
  const count: Part['read'] = () => {
    begun += 1;
    return never();
  };
  const collector = startCollector([part(() => ({ touches: 1 })), part(count), part(count)]);
  collector.stop();
  await collector.done;
  expect(begun).toBe(0);
});

it('facts keep to the bounds of the service', () => {
  const facts = factsOf({
    text: 'x'.repeat(900),
    texts: Array.from({ length: 90 }, () => 'y'.repeat(300)),
    number: 1 / 3,
    none: null,
    missing: undefined,
    notANumber: Number.NaN,
  });
  expect(Object.keys(facts)).toEqual(['page.text', 'page.texts', 'page.number', 'page.none']);
  expect(facts['page.text']).toHaveLength(512);
  expect(facts['page.texts']).toHaveLength(64);
  expect((facts['page.texts'] as string[])[0]).toHaveLength(128);
  expect(facts['page.number']).toBe(0.333);
});

it('a digest is the same for the same, and 32 digits of anything', () => {
  expect(digestOf('')).toMatch(/^[0-9a-f]{32}$/);
  expect(digestOf('Selfsame 你')).toBe(digestOf('Selfsame 你'));
  const many = Array.from({ length: 5_000 }, (_, at) => digestOf(`font ${at}`));
  expect(new Set(many).size).toBe(many.length);
});
