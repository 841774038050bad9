import { expect, it } from 'vitest';
import { refusalText } from '../src/selfsame.ts';

it.each([
  [{ detail: 'Not found.' }, 'Not found.'],
  [{ detail: ['Not finished.'] }, 'Not finished.'],
  [{ error: 'No face.' }, 'No face.'],
  [{ workflow_id: 'Unknown.' }, 'workflow_id: Unknown.'],
  [
    { callback: ['Too long.', 'Not a URL.'], language: ['Unknown.'] },
    'callback: Too long. Not a URL. language: Unknown.',
  ],
  [['The same status.'], 'The same status.'],
  [null, 'The request was refused.'],
])('the words of a refusal are found in %j', (body, words) => {
  expect(refusalText(body)).toBe(words);
});
