import { expect, test } from 'vitest';
import { bestTurn, type Turn, turns, viewOf } from './picture-view.ts';

/** A face at 100..300 x 50..250 of a picture of 1000x400, and where it lies once that picture is turned clockwise. */
const sent = { xmin: 100, ymin: 50, xmax: 300, ymax: 250, confidence: 0.9, age: undefined };
const turned: Record<Turn, { source: { width: number; height: number }; left: number; top: number }> = {
  0: { source: { width: 1000, height: 400 }, left: 100, top: 50 },
  90: { source: { width: 400, height: 1000 }, left: 400 - 250, top: 100 },
  180: { source: { width: 1000, height: 400 }, left: 1000 - 300, top: 400 - 250 },
  270: { source: { width: 400, height: 1000 }, left: 50, top: 1000 - 300 },
};

test.each(turns)(
  'a face seen in a picture turned by %i is told where it is in the one that was sent',
  (turn) => {
    const { source, left, top } = turned[turn];
    const halved = { left: left / 2, top: top / 2, width: 100, height: 100 };
    const view = viewOf({ width: source.width / 2, source, faces: [{ box: halved, score: 0.9 }] }, turn);
    expect(view).toEqual({ entities: [sent], bestAngle: turn });
  },
);

test('what reaches beyond the picture ends at its border, and only the largest face has an age', () => {
  const box = { left: -20, top: -5.55, width: 2000, height: 100 };
  const view = viewOf(
    {
      width: 1000,
      source: { width: 1000, height: 400 },
      faces: [
        { box, score: 0.9 },
        { box, score: 0.8 },
      ],
      subject: { age: 31 },
    },
    0,
  );
  expect(view.entities.map(({ xmin, ymin, xmax, ymax, age }) => [xmin, ymin, xmax, ymax, age])).toEqual([
    [0, 0, 1000, 94.5, 31],
    [0, 0, 1000, 94.5, undefined],
  ]);
});

test('the surest sight of a face decides the turn; without one nothing is turned', () => {
  const seen = (turn: Turn, ...scores: number[]) => ({ turn, faces: scores.map((score) => ({ score })) });
  expect(bestTurn([seen(0, 0.7), seen(90, 0.6, 0.93), seen(180), seen(270, 0.8)])).toBe(90);
  expect(bestTurn([seen(0, 0.9), seen(90, 0.9)])).toBe(0);
  expect(bestTurn(turns.map((turn) => seen(turn)))).toBe(0);
});
