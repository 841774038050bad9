import { describe, expect, it } from 'vitest';
import { dollars, readPrices } from './usage.ts';

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
