import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSecretBox, newSecret } from './secrets.ts';

const box = createSecretBox(randomBytes(32));

test('a sealed secret opens for its owner and shows nothing of itself', () => {
  const secret = newSecret();
  const sealed = box.seal(secret, 'destination-1');
  expect(box.open(sealed, 'destination-1')).toBe(secret);
  expect(sealed.includes(Buffer.from(secret))).toBe(false);
  expect(box.seal(secret, 'destination-1').equals(sealed)).toBe(false);
});

test('another owner, another key and a changed bit do not open it', () => {
  const sealed = box.seal(newSecret(), 'destination-1');
  expect(() => box.open(sealed, 'destination-2')).toThrow();
  expect(() => createSecretBox(randomBytes(32)).open(sealed, 'destination-1')).toThrow();
  for (const position of [0, 5, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[position] = (changed[position] ?? 0) ^ 1;
    expect(() => box.open(changed, 'destination-1')).toThrow();
  }
});

test('a new secret is 43 URL-safe characters', () => {
  expect(newSecret()).toMatch(/^[\w-]{43}$/);
  expect(newSecret()).not.toBe(newSecret());
});
