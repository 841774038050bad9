import { readFileSync } from 'node:fs';
import { compile } from 'watr';
import type { Best } from './best.ts';
import { idIndex, TEMPLATE_BYTES } from './records.ts';

/** Bytes that a probe takes in the shared memory: its values as int16. */
export const PROBE_BYTES = TEMPLATE_BYTES * 2;

/** Scans runs of records in the shared memory for one probe after the other. */
export interface Scanner {
  /** Takes the templates of this key version as the ones to compare with from now on. */
  aim(probe: Int8Array): void;
  /** Offers every record of `from` (inclusive) to `to` (exclusive) that reaches the floor. Addresses in bytes. */
  scan(from: number, to: number, best: Best): void;
}

/** The inner loop, assembled from its text: 7 ms, once for all threads. */
export function assembleScan(): WebAssembly.Module {
  const text = readFileSync(new URL('./scan.wat', import.meta.url), 'utf8');
  return new WebAssembly.Module(new Uint8Array(compile(text)));
}

/**
 * @param probeAddress PROBE_BYTES of the memory that belong to this scanner alone, a multiple of 16
 */
export function createScanner(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  probeAddress: number,
): Scanner {
  let ids = new Float64Array(memory.buffer);
  let best: Best | undefined;
  function found(address: number, dot: number): number {
    // Beyond 2 GiB an address arrives as a negative int32.
    const index = idIndex(address >>> 0);
    // The memory has grown since: a view is as long as the memory was.
    if (index >= ids.length) ids = new Float64Array(memory.buffer);
    const id = ids[index];
    if (best === undefined || id === undefined) throw new Error('a record beyond the memory');
    return best.offer(id, dot);
  }
  const { exports } = new WebAssembly.Instance(module, { scan: { memory, found } });
  const run = exports.scan as (from: number, to: number, probe: number, floor: number) => void;
  const probeValues = new Int16Array(memory.buffer, probeAddress, TEMPLATE_BYTES);
  return {
    aim(probe) {
      if (probe.length !== TEMPLATE_BYTES) throw new RangeError(`a probe of ${probe.length} values`);
      probeValues.set(probe);
    },
    scan(from, to, into) {
      best = into;
      run(from, to, probeAddress, into.floor);
    },
  };
}
