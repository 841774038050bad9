import { afterEach, describe, expect, it } from 'vitest';
import { createKeptUploads, type KeptUploads, type OpenUpload } from '../src/kept-uploads.ts';

let kept: KeptUploads;
let nowMs = 0;
afterEach(() => kept.clear());
const keep = (maxBytes: number) => (kept = createKeptUploads(maxBytes, () => nowMs));

let count = 0;
function broken(changes: Partial<OpenUpload> = {}): OpenUpload {
  count += 1;
  const upload: OpenUpload = {
    session: `session ${count}`,
    attemptId: `attempt ${count}`,
    client: `client ${count}`,
    length: 100,
    digest: 'digest',
    contentType: 'image/jpeg',
    begunAt: new Date(),
    bytes: Buffer.alloc(10),
    offset: 10,
    cut: null,
    ...changes,
  };
  kept.begin(upload);
  kept.rest(upload);
  return upload;
}
const isThere = (upload: OpenUpload) => kept.interrupt(upload) === upload;

describe('a broken upload', () => {
  it('is there for thirty seconds', () => {
    keep(100);
    const upload = broken();
    nowMs += 29_999;
    expect(isThere(upload)).toBe(true);
    nowMs += 1;
    expect(isThere(upload)).toBe(false);
  });

  it('gives way to a newer one of its attempt', () => {
    keep(100);
    const [first, second] = [
      broken({ session: 's', attemptId: 'a' }),
      broken({ session: 's', attemptId: 'a' }),
    ];
    expect(kept.interrupt(first)).toBe(second);
  });

  it('goes first when all are over their bound, the longest at rest before the others', () => {
    keep(40);
    const uploads = Array.from({ length: 5 }, () => broken());
    expect(uploads.map(isThere)).toEqual([false, true, true, true, true]);
  });

  it('of a client that is over a quarter goes, and nobody else’s', () => {
    keep(80);
    const other = broken();
    const mine = Array.from({ length: 3 }, () => broken({ client: 'me' }));
    expect(mine.map(isThere)).toEqual([false, true, true]);
    expect(isThere(other)).toBe(true);
  });

  it('that has more room than a client’s share is not kept at all', () => {
    keep(100);
    expect(isThere(broken({ bytes: Buffer.alloc(26), offset: 1 }))).toBe(false);
  });

  it('of a session is one of two', () => {
    keep(1_000);
    const uploads = Array.from({ length: 3 }, () => broken({ session: 'one' }));
    expect(uploads.map(isThere)).toEqual([false, true, true]);
  });

  it('is gone when the service stops', () => {
    keep(100);
    const upload = broken();
    kept.clear();
    expect(isThere(upload)).toBe(false);
  });
});

describe('an upload that is coming in', () => {
  it('is cut by whoever asks for it, and then rests', () => {
    keep(100);
    let cuts = 0;
    const upload = broken();
    upload.cut = () => {
      cuts += 1;
    };
    expect(kept.interrupt(upload)).toBe(upload);
    expect([cuts, upload.cut]).toEqual([1, null]);
  });
});
