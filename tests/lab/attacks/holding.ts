import type { Random } from '../../chaos/random.ts';
import type { Scene } from './camera.ts';
import { corners, type Hold } from './planes.ts';
import type { FrameSize } from './portraits.ts';
import { drawFingers, overFingers } from './scenery.ts';

/**
 * How an attacker holds something before the camera: most of the time near enough to show little else, sometimes so near
 * that its edges leave the frame.
 * @param aspect width : height of the thing
 */
export function drawHold(random: Random, frame: FrameSize, aspect: number): Hold {
  const close = random.next() < 0.35;
  const share = close ? random.between(1.02, 1.35) : random.between(0.68, 0.98);
  const width = share * Math.min(frame.width, frame.height * aspect);
  return {
    centre: {
      x: frame.width * random.between(0.45, 0.55),
      y: frame.height * random.between(close ? 0.48 : 0.46, 0.56),
    },
    width,
    height: width / aspect,
    roll: random.between(-6, 6),
    yaw: random.between(-14, 14),
    pitch: random.between(-10, 10),
  };
}

/** Fingers at the lower edge of what is held; nothing when that edge is out of the frame. */
export function fingersLayer(random: Random, frame: FrameSize, hold: Hold): Scene {
  const spots = corners(hold);
  const left = Math.min(...spots.map((spot) => spot.x));
  const right = Math.max(...spots.map((spot) => spot.x));
  const bottom = Math.max(...spots.map((spot) => spot.y));
  const fingers = drawFingers(random, { left, right, bottom });
  if (bottom > frame.height + 10 || random.next() < 0.25) return () => {};
  return (x, y, out) => {
    if (y > bottom - 80) overFingers(fingers, x, y, out);
  };
}
