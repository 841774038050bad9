import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';

test('one destination never takes more than its share', () => {
  const slots = createSlots(10, 3);
  expect([slots.take('a'), slots.take('a'), slots.take('a'), slots.take('a')]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(slots.take('b')).toBe(true);
  expect(slots.room()).toBe(6);
  expect(slots.roomOfBusy()).toEqual(
    new Map([
      ['a', 0],
      ['b', 2],
    ]),
  );
});

test('all together never take more than there is', () => {
  const slots = createSlots(2, 2);
  expect([slots.take('a'), slots.take('b'), slots.take('c')]).toEqual([true, true, false]);
  expect(slots.hasRoom('a')).toBe(false);
  slots.giveBack('a');
  expect(slots.take('c')).toBe(true);
});

test('a slot is given back once', () => {
  const slots = createSlots(2, 2);
  slots.take('a');
  slots.giveBack('a');
  expect(() => slots.giveBack('a')).toThrow();
  expect(slots.roomOfBusy()).toEqual(new Map());
});
