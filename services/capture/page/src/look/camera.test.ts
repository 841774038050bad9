import { expect, it } from 'vitest';
import { mayBeTheMode, troubleOf } from './camera.ts';

it.each([
  ['NotAllowedError', false, 'refused'],
  ['NotAllowedError', true, 'embedded'],
  ['NotFoundError', false, 'absent'],
  ['OverconstrainedError', false, 'absent'],
  ['NotReadableError', false, 'in_use'],
  ['AbortError', false, 'in_use'],
  ['TypeError', false, 'unsupported'],
] as const)('a camera that fails with %s (embedder forbids: %s) is "%s"', (name, forbidden, trouble) => {
  expect(troubleOf(name, forbidden)).toBe(trouble);
});

it('a camera that cannot do a mode is asked for any, one that is refused is not asked for twice', () => {
  expect(mayBeTheMode('OverconstrainedError')).toBe(true);
  expect(mayBeTheMode('NotReadableError')).toBe(true);
  expect(mayBeTheMode('NotAllowedError')).toBe(false);
});
