import { expect, test } from 'vitest';
import { duration, paintFor, wrap } from '../src/terminal.ts';

test('colours are for terminals alone, and for none when NO_COLOR is set', () => {
  const red = (stream: { isTTY?: boolean }, environment: Record<string, string>) =>
    paintFor(stream, environment)('red', 'x');
  expect(red({ isTTY: true }, {})).toBe('\u001b[31mx\u001b[39m');
  expect(red({}, {})).toBe('x');
  expect(red({ isTTY: true }, { NO_COLOR: '1' })).toBe('x');
  expect(red({ isTTY: true }, { TERM: 'dumb' })).toBe('x');
});

test('no line is longer than it may be, and no word is lost', () => {
  const text = `one two ${'x'.repeat(50)} three four five six`;
  const lines = wrap(text, 20, '  ');
  expect(lines.every((line) => line.length <= 20)).toBe(true);
  expect(
    lines
      .map((line) => line.trim())
      .join('')
      .replaceAll(' ', ''),
  ).toBe(text.replaceAll(' ', ''));
  expect(wrap('  indented words that go on', 14, '  ')).toEqual([
    '  indented',
    '    words that',
    '    go on',
  ]);
  expect(wrap('', 10)).toEqual(['']);
});

test('what an application has named cannot command the terminal', () => {
  expect(wrap('rule \u001b[2Jgone\u0007 \u202eevil', 80)).toEqual(['rule �[2Jgone� �evil']);
});

test('durations are read at a glance', () => {
  expect([4, 999, 1_234, 61_000, 3_700_000, 200_000_000, -30].map(duration)).toEqual([
    '4 ms',
    '999 ms',
    '1.23 s',
    '1 min 1 s',
    '1 h 2 min',
    '2 d 8 h',
    '-30 ms',
  ]);
});
