import { expect, test } from 'vitest';
import { reissue } from './revocation.ts';

// `pnpm lab:templates --revocation` does the same with 100 000, in a minute or two.
test('revoked and issued anew, five thousand templates leave no old match', async () => {
  const { templates, left, oldMatches, newMatches } = await reissue(5_000);
  expect({ templates, left, oldMatches }).toEqual({ templates: 5_000, left: 0, oldMatches: 0 });
  expect(newMatches / templates).toBeGreaterThan(0.99);
});
