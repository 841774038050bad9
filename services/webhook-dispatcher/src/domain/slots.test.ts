import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';

test('one destination never takes more than its share', () => {
  const slots = createSlots(10, 3);
  const took = ['a', 'a', 'a', 'a', 'b'].map((id) => slots.take(id));
  expect(took).toEqual([true, true, true, false, true]);
  expect(slots.room()).toBe(6);
  expect([...slots.taken()]).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
});

test('a destination may have a share of its own', () => {
  const slots = createSlots(10, 3);
  expect([slots.take('narrow', 1), slots.take('narrow', 1)]).toEqual([true, false]);
  expect(['wide', 'wide', 'wide', 'wide'].map((id) => slots.take(id, 4))).toEqual([true, true, true, true]);
});

test('all together never take more than there is', () => {
  const slots = createSlots(2, 2);
  expect([slots.take('a'), slots.take('b'), slots.take('c')]).toEqual([true, true, false]);
  expect(slots.roomFor('a')).toBe(0);
  slots.giveBack('a');
  expect(slots.take('c')).toBe(true);
});

test('a slot is given back once', () => {
  const slots = createSlots(2, 2);
  slots.take('a');
  slots.giveBack('a');
  expect(() => slots.giveBack('a')).toThrow();
  expect(slots.taken().size).toBe(0);
});
