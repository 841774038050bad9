import { expect, it } from 'vitest';
import { createFileCache } from './brand-file-cache.ts';

function world(bounds: { maxFiles: number; maxBytes: number }) {
  const cache = createFileCache(bounds);
  const reads: string[] = [];
  const get = (name: string, bytes = 1) =>
    cache.get(name, async () => {
      reads.push(name);
      return bytes === 0 ? null : Buffer.alloc(bytes, name);
    });
  return { get, reads };
}

it('a file is read once, and the one that nobody asked for longest goes when there are too many', async () => {
  const { get, reads } = world({ maxFiles: 2, maxBytes: 100 });
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await get(name)).toEqual(Buffer.from(name));
  expect(reads).toEqual(['a', 'b', 'c', 'b']);
});

it('all files together stay within their bytes, and one that is larger is not kept', async () => {
  const { get, reads } = world({ maxFiles: 10, maxBytes: 10 });
  await get('a', 4);
  await get('b', 4);
  await get('c', 4);
  await get('b', 4);
  await get('huge', 11);
  await get('huge', 11);
  expect(reads).toEqual(['a', 'b', 'c', 'huge', 'huge']);
});

it('what does not exist is asked for again', async () => {
  const { get, reads } = world({ maxFiles: 10, maxBytes: 10 });
  expect(await get('none', 0)).toBeNull();
  await get('none', 0);
  expect(reads).toEqual(['none', 'none']);
});
