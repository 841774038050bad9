import { expect, test } from 'vitest';
import { candidateFate } from './template.ts';

test.each([
  ['Approved', true, 'promote'],
  ['Approved', false, 'drop'],
  ['Declined', true, 'drop'],
  ['Expired', true, 'drop'],
  ['Kyc Expired', true, 'drop'],
  ['Abandoned', true, 'drop'],
  ['In Review', true, 'keep'],
  ['Resubmitted', true, 'keep'],
  ['Not Finished', true, 'keep'],
  ['Not Started', true, 'keep'],
  ['In Progress', true, 'keep'],
  ['Awaiting User', true, 'keep'],
] as const)('%s (enrols: %s): %s the candidate', (status, enrols, fate) => {
  expect(candidateFate(status, enrols)).toBe(fate);
});
