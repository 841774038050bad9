import type { Best } from './best.ts';
import { idIndex, RECORD_BYTES, TEMPLATE_BYTES } from './records.ts';

/**
 * What the WebAssembly loop does, in one page of plain JavaScript: the tests hold the two against each other, and the
 * bench says how much faster the other one is.
 * @param memory records at `from` (inclusive) to `to` (exclusive), in bytes
 */
export function plainScan(
  memory: SharedArrayBuffer | ArrayBuffer,
  from: number,
  to: number,
  probe: Int8Array,
  best: Best,
): void {
  const values = new Int8Array(memory);
  const ids = new Float64Array(memory);
  for (let record = from; record < to; record += RECORD_BYTES) {
    let dot = 0;
    for (let index = 0; index < TEMPLATE_BYTES; index += 1) {
      dot += (values[record + index] ?? 0) * (probe[index] ?? 0);
    }
    best.offer(ids[idIndex(record)] ?? Number.NaN, dot);
  }
}
