import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';

const START = Buffer.from([0xff, 0xd8, 0xff]);
const END = Buffer.from([0xff, 0xd9]);
const read = new Map<string, Uint8Array<ArrayBuffer>[]>();

/** The JPEG frames of a sample video at 30 frames a second, e.g. of `genuine_p01`. */
export function videoFrames(video: string): Uint8Array<ArrayBuffer>[] {
  const known = read.get(video);
  if (known) return known;
  const bytes = readFileSync(facePath(`video/${video}.mjpeg`));
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let from = bytes.indexOf(START); from >= 0; ) {
    const to = bytes.indexOf(END, from) + END.length;
    if (to < END.length) break;
    frames.push(new Uint8Array(bytes.subarray(from, to)));
    from = bytes.indexOf(START, to);
  }
  read.set(video, frames);
  return frames;
}
