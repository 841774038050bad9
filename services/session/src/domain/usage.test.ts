import { describe, expect, it } from 'vitest';
import type { Session } from './session.ts';
import { dollars, readPrices, usageItemOf } from './usage.ts';

describe('a table of prices', () => {
  const usual = { KYC: 330_000, BIOMETRIC_AUTHENTICATION: 100_000, REUSABLE_KYC: 0, SHARED_IMPORT: 300_000 };

  it('keeps what it does not name', () => {
    expect(readPrices('{}')).toEqual({ value: usual });
    expect(readPrices('{"KYC": 1.5, "SHARED_IMPORT": 0}')).toEqual({
      value: { ...usual, KYC: 1_500_000, SHARED_IMPORT: 0 },
    });
  });

  it.each([
    'KYC=1',
    '[]',
    'null',
    '{"KYB": 1}',
    '{"__proto__": 1}',
    '{"KYC": -1}',
    '{"KYC": "1"}',
    '{"KYC": null}',
    '{"KYC": 1e9}',
  ])('is refused as %s', (text) => {
    expect(readPrices(text)).toHaveProperty('mistake');
  });
});

it.each([
  [0, '0.00'],
  [330_000, '0.33'],
  [100_000, '0.10'],
  [12_345_678, '12.345678'],
  [1_999_500_000, '1999.50'],
])('%i millionths of a dollar read %s', (micros, text) => {
  expect(dollars(micros)).toBe(text);
});

describe('a session costs something', () => {
  const session = (changes: object) =>
    ({
      state: { status: 'Approved' },
      application: { environment: 'live' },
      type: 'HOSTED',
      reports: [],
      stepUp: null,
      workflow: { definition: { workflow_type: 'biometric_authentication' } },
      ...changes,
    }) as unknown as Session;

  it.each([
    ['BIOMETRIC_AUTHENTICATION', 'a sign-in', {}],
    ['KYC', 'one that enrols', { workflow: { definition: { workflow_type: 'kyc' } } }],
    ['REUSABLE_KYC', 'one that is used again', { workflow: { definition: { is_reusable: true } } }],
    ['SHARED_IMPORT', 'an import, even one without checks', { type: 'IMPORTED', reports: null }],
    ['BIOMETRIC_AUTHENTICATION', 'one that waits for a person', { state: { status: 'In Review' } }],
    [null, 'one that was declined', { state: { status: 'Declined' } }],
    [null, 'one that was abandoned', { state: { status: 'Abandoned' } }],
    [null, 'one in a sandbox', { application: { environment: 'sandbox' } }],
    [null, 'a recorded call', { type: 'API' }],
    [null, 'one that was let in without a look', { stepUp: { skipped_selfie: true } }],
    [null, 'one that was approved by hand before there was a look', { reports: null }],
  ])('as %s: %s', (item, _what, changes) => {
    expect(usageItemOf(session(changes))).toBe(item);
  });
});
