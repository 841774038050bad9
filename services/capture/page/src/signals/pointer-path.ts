import type { Found } from './part.ts';

/** Longer pauses end one movement and begin another, milliseconds. */
const pauseMs = 150;
/** Of each movement and of all together: sums only, never a place. */
export interface PointerPath {
  moved(x: number, y: number, atMs: number): void;
  /** Distance to where the pointer was last seen, CSS pixels; null: it was never seen. */
  distanceTo(x: number, y: number): number | null;
  found(): Found;
}

/** How a mouse, or a finger that draws, moves over the page. */
export function followPointer(): PointerPath {
  let last: { x: number; y: number; atMs: number } | null = null;
  let start: { x: number; y: number } | null = null;
  let moves = 0;
  let [length, straight, strokeLength] = [0, 0, 0];
  let [steps, speedSum, speedSquares, gapSum] = [0, 0, 0, 0];
  let quantum = 0;
  let isWhole = true;

  function endStroke(): void {
    if (last !== null && start !== null && strokeLength > 0) {
      straight += Math.hypot(last.x - start.x, last.y - start.y);
      length += strokeLength;
    }
    strokeLength = 0;
  }

  return {
    moved(x, y, atMs) {
      moves += 1;
      const gapMs = last === null ? Number.POSITIVE_INFINITY : atMs - last.atMs;
      if (last === null || gapMs > pauseMs) {
        endStroke();
        start = { x, y };
      } else {
        const [dx, dy] = [x - last.x, y - last.y];
        const step = Math.hypot(dx, dy);
        strokeLength += step;
        for (const way of [Math.abs(dx), Math.abs(dy)]) {
          if (Number.isInteger(way)) quantum = divisor(quantum, way);
          else isWhole = false;
        }
        if (gapMs > 0) {
          const speed = step / gapMs;
          steps += 1;
          speedSum += speed;
          speedSquares += speed * speed;
          gapSum += gapMs;
        }
      }
      last = { x, y, atMs };
    },
    distanceTo: (x, y) => (last === null ? null : Math.hypot(x - last.x, y - last.y)),
    found() {
      endStroke();
      start = last;
      const mean = speedSum / steps;
      const variance = Math.max(0, speedSquares / steps - mean * mean);
      const isLong = steps >= fewestSteps && length > 0;
      return {
        pointer_moves: moves,
        pointer_straightness: isLong ? straight / length : null,
        pointer_speed_variation: isLong && mean > 0 ? Math.sqrt(variance) / mean : null,
        pointer_quantum_px: isLong ? (isWhole ? quantum : 0) : null,
        pointer_beat_ms: isLong ? gapSum / steps : null,
      };
    },
  };
}

/** Fewer tell nothing about a hand. */
const fewestSteps = 8;

/** Greatest common divisor of whole numbers; 0 divides by everything. */
function divisor(one: number, other: number): number {
  let [a, b] = [one, other];
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
