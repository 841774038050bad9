import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SealedTemplate, TemplateKey, TemplateOwner } from '../domain/template.ts';
import { protectedCosine } from '../protection/transform.ts';
import { createVault } from './vault.ts';

const key = randomBytes(32);
const vault = createVault(key);
const made = { pipelineVersion: 'p1', embeddingSpace: 'e1' };
const owner = {
  kind: 'candidate',
  applicationId: 'a1',
  sessionId: 's1',
  candidateId: 'c1',
  subject: 'u1',
} as const;
const embedding = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index) / Math.sqrt(128));
const keyOf = (change: Partial<TemplateKey> = {}): TemplateKey => ({
  applicationId: 'a1',
  version: 1,
  state: 'active',
  salt: Buffer.alloc(32, 1),
  ...change,
});
const version = keyOf();
const template = vault.protect(version, embedding);

test('a template opens for its owner and gives the very same numbers', () => {
  expect(vault.open(owner, version, vault.seal(owner, version, template, made))).toEqual(template);
  expect(protectedCosine(template, template)).toBeCloseTo(1, 1);
});

test('two seals of one template have nothing in common', () => {
  const [one, other] = [
    vault.seal(owner, version, template, made),
    vault.seal(owner, version, template, made),
  ];
  expect(one.sealed.equals(other.sealed)).toBe(false);
  expect(one.sealed.includes(Buffer.from(template.buffer).subarray(0, 16))).toBe(false);
});

test.each<[string, Partial<TemplateKey>]>([
  ['application', { applicationId: 'a2' }],
  ['version', { version: 2 }],
  ['salt', { salt: Buffer.alloc(32, 2) }],
])('one face under keys of another %s has nothing in common with itself', (_, change) => {
  const elsewhere = vault.protect(keyOf(change), embedding);
  expect(Math.abs(protectedCosine(template, elsewhere))).toBeLessThan(0.3);
  expect(vault.protect(keyOf(), embedding)).toEqual(template);
});

test('keys stay at hand for a while, and are the same when they are derived again', () => {
  for (let count = 0; count < 300; count += 1) {
    const other = keyOf({ applicationId: `a${count + 2}` });
    vault.seal({ ...owner, applicationId: other.applicationId }, other, template, made);
  }
  expect(vault.protect(version, embedding)).toEqual(template);
});

describe('a template does not open', () => {
  const unopenable = expect.objectContaining({ code: 'template_unopenable', kind: 'internal' });
  const sealed = vault.seal(owner, version, template, made);
  const attempt = (as: TemplateOwner, found: SealedTemplate, by = vault, under = version) => {
    try {
      return by.open(as, { ...under, applicationId: as.applicationId }, found);
    } catch (error) {
      return error;
    }
  };

  test.each<[string, TemplateOwner]>([
    ['of another application', { ...owner, applicationId: 'a2' }],
    ['of another session', { ...owner, sessionId: 's2' }],
    ['of another look', { ...owner, candidateId: 'c2' }],
    ['of another subject', { ...owner, subject: 'u2' }],
    ['of another kind', { kind: 'subject', applicationId: 'a1', subject: 'u1' }],
    ['of another kind with the same id', { kind: 'reference', applicationId: 'a1', sessionId: 's1' }],
    ['of a list', { kind: 'list_entry', applicationId: 'a1', listId: 's1', entryId: 'c1' }],
  ])('as the one %s', (_, other) => {
    expect(attempt(other, sealed)).toEqual(unopenable);
  });

  test.each<[string, Partial<SealedTemplate>]>([
    ['embedding space', { embeddingSpace: 'e2' }],
    ['pipeline version', { pipelineVersion: 'p2' }],
    ['key id', { keyId: '0000000000000000' }],
    ['key version', { keyVersion: 2 }],
  ])('under another %s', (_, change) => {
    expect(attempt(owner, { ...sealed, ...change })).toEqual(unopenable);
  });

  test('with one bit turned anywhere, cut short, or empty', () => {
    for (const at of [0, 12, 28, sealed.sealed.length - 1]) {
      const altered = Buffer.from(sealed.sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(attempt(owner, { ...sealed, sealed: altered })).toEqual(unopenable);
    }
    for (const length of [0, 11, 27, 100]) {
      const cut = sealed.sealed.subarray(0, length);
      expect(attempt(owner, { ...sealed, sealed: cut })).toEqual(unopenable);
    }
  });

  test.each<[string, Partial<TemplateKey>]>([
    ['version', { version: 2 }],
    ['salt', { salt: Buffer.alloc(32, 2) }],
  ])('with another %s', (_, change) => {
    expect(attempt(owner, sealed, vault, keyOf(change))).toEqual(unopenable);
  });

  test('under another biometric key', () => {
    const stranger = createVault(randomBytes(32));
    expect(stranger.keyId).not.toBe(vault.keyId);
    expect(attempt(owner, sealed, stranger)).toEqual(unopenable);
  });
});

test('subjects are named by a keyed hash that differs between applications', () => {
  const name = vault.subjectOf('a1', 'ada@example.com');
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(createVault(Buffer.from(key)).subjectOf('a1', 'ada@example.com')).toBe(name);
  expect(vault.subjectOf('a2', 'ada@example.com')).not.toBe(name);
  expect(createVault(randomBytes(32)).subjectOf('a1', 'ada@example.com')).not.toBe(name);
});
