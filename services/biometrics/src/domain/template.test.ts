import { expect, test } from 'vitest';
import { candidateFate } from './template.ts';

test.each([
  ['Approved', 'promote'],
  ['Declined', 'refuse'],
  ['In Review', 'retain'],
  ['Resubmitted', 'retain'],
  ['Expired', 'leave'],
  ['Kyc Expired', 'leave'],
  ['Abandoned', 'leave'],
  ['Not Finished', 'leave'],
  ['Not Started', 'leave'],
  ['In Progress', 'leave'],
  ['Awaiting User', 'leave'],
] as const)('%s: %s the candidate', (status, fate) => {
  expect(candidateFate(status)).toBe(fate);
});
