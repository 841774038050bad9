import type { Found } from './part.ts';

/** More would not tell more. */
const eventsMax = 600;

/**
 * How much the device moves in the hand, where it may be asked without a question to the user.
 * @returns what was seen so far
 */
export function watchMotion(): () => Found {
  const unknown: Found = { motion_events: null, motion_variance: null, orientation_spread_deg: null };
  const asksFirst = typeof DeviceMotionEvent === 'function' && 'requestPermission' in DeviceMotionEvent;
  if (typeof DeviceMotionEvent !== 'function' || asksFirst || !isSecureContext) return () => unknown;
  let events = 0;
  const strengths: number[] = [];
  const angles = { beta: [] as number[], gamma: [] as number[] };
  addEventListener('devicemotion', ({ accelerationIncludingGravity: pull }) => {
    // Computers without sensors send one event with nothing in it.
    if (pull?.x === undefined || pull.x === null) return;
    events += 1;
    if (strengths.length < eventsMax) strengths.push(Math.hypot(pull.x, pull.y ?? 0, pull.z ?? 0));
  });
  addEventListener('deviceorientation', ({ beta, gamma }) => {
    if (beta === null || gamma === null || angles.beta.length >= eventsMax) return;
    angles.beta.push(beta);
    angles.gamma.push(gamma);
  });
  return () => ({
    motion_events: events,
    motion_variance: strengths.length < 5 ? null : varianceOf(strengths),
    orientation_spread_deg:
      angles.beta.length < 5 ? null : Math.max(spreadOf(angles.beta), spreadOf(angles.gamma)),
  });
}

function varianceOf(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length;
}

const spreadOf = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);
