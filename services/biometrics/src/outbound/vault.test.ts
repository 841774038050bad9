import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SealedTemplate, TemplateOwner } from '../domain/template.ts';
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
const embedding = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index) / 16);

test('a template opens for its owner and gives the very same numbers', () => {
  expect(vault.open(owner, vault.seal(owner, embedding, made))).toEqual(embedding);
});

test('two seals of one embedding have nothing in common', () => {
  const [one, other] = [vault.seal(owner, embedding, made), vault.seal(owner, embedding, made)];
  expect(one.sealed.equals(other.sealed)).toBe(false);
  expect(one.sealed.includes(Buffer.from(embedding.buffer).subarray(0, 16))).toBe(false);
});

describe('a template does not open', () => {
  const unopenable = expect.objectContaining({ code: 'template_unopenable', kind: 'internal' });
  const sealed = vault.seal(owner, embedding, made);
  const attempt = (as: TemplateOwner, template: SealedTemplate, by = vault) => {
    try {
      return by.open(as, template);
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
  ])('as the one %s', (_, other) => {
    expect(attempt(other, sealed)).toEqual(unopenable);
  });

  test.each<[string, Partial<SealedTemplate>]>([
    ['embedding space', { embeddingSpace: 'e2' }],
    ['pipeline version', { pipelineVersion: 'p2' }],
    ['key id', { keyId: '0000000000000000' }],
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
