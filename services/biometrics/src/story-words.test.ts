import { expect, test } from 'vitest';
import { changeWords } from './story-words.ts';

test('a story says whether a look enrolled its user, or took the place of an earlier one', () => {
  expect(changeWords('enrolled', false)).toBe("this look became its user's template, the first one");
  expect(changeWords('enrolled', true)).toMatch(/in place of an earlier look$/);
  expect(changeWords('adapted', true)).toMatch(/adapted to how its user looks today/);
});
