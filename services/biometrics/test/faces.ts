import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';

/** A sample face, e.g. `img/p01_1.jpg`; a fresh copy, since a look takes the memory along. */
export function face(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(facePath(name)));
}

/** Rows of one of the tables beside the faces. */
export function faceTable(name: 'pairs.csv' | 'edge.csv' | 'spoof.csv'): string[][] {
  const [, ...lines] = readFileSync(facePath(name), 'utf8').trim().split('\n');
  return lines.map((line) => line.split(','));
}

/** The JPEG frames of a sample video, cut between their start and end markers. */
export function frames(video: string): Uint8Array<ArrayBuffer>[] {
  const bytes = readFileSync(facePath(`video/${video}.mjpeg`));
  const [start, end] = [Buffer.from([0xff, 0xd8, 0xff]), Buffer.from([0xff, 0xd9])];
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (let from = bytes.indexOf(start); from >= 0; ) {
    const to = bytes.indexOf(end, from) + end.length;
    if (to < end.length) break;
    found.push(new Uint8Array(bytes.subarray(from, to)));
    from = bytes.indexOf(start, to);
  }
  return found;
}
