import { expect, test } from 'vitest';
import { closingLine, countTests } from './verify.ts';

test('a report is counted: passed, failed, left out', () => {
  const report = { numPassedTests: 7, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 };
  expect(countTests(JSON.stringify(report), 1)).toEqual({ passed: 7, failed: 2, skipped: 2 });
});

test('a run that broke without a failed test, or without a report, is a failure', () => {
  expect(countTests('{"numPassedTests":7,"numFailedTests":0}', 1)).toMatchObject({ passed: 7, failed: 1 });
  expect(countTests('', 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countTests('', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('the closing line names what was left out only when something was', () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});
