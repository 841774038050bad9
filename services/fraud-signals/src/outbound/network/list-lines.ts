import { Failure } from '@selfsame/runtime/errors';
import { createSlices } from './slices.ts';

/** The longest spelling of a network has 49 characters; the rest is for a comment. */
const maxLineLength = 1_000;
const maxReported = 10;

/** What became of the lines of a file. */
export interface ReadLines {
  readonly entries: number;
  /** Numbers from 1 of the first lines that could not be read. */
  readonly badLines: readonly number[];
  readonly badLineCount: number;
}

/**
 * Reads a list, an entry a line, in slices of time. Empty lines are no entries, and what follows
 * # or ; is a comment. After a comma comes what relays publish along with their networks: where their users are.
 *
 * @param take false: the line is no entry; null: it is to be passed over
 * @throws Failure `list_too_long`, `list_empty` when no line is an entry, `list_unreadable` when most are none
 */
export async function readListLines(
  bytes: Buffer,
  options: { maxEntries: number; signal: AbortSignal; take: (line: string) => boolean | null },
): Promise<ReadLines> {
  const giveWay = createSlices(options.signal);
  const badLines: number[] = [];
  let entries = 0;
  let badLineCount = 0;
  let number = 0;
  for (let start = 0; start < bytes.length; number++) {
    const waits = giveWay();
    if (waits !== undefined) await waits;
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.toString('latin1', start, Math.min(end, start + maxLineLength));
    start = end + 1;
    const stated = line.replace(/[#;,].*$/s, '').trim();
    const isEntry = stated === '' ? null : options.take(stated);
    if (isEntry === false) {
      badLineCount += 1;
      if (badLines.length < maxReported) badLines.push(number + 1);
    } else if (isEntry === true) entries += 1;
    if (entries > options.maxEntries) {
      throw new Failure('invalid', 'list_too_long', `The list has more than ${options.maxEntries} entries`);
    }
  }
  const where = badLines.length === 0 ? '' : `; not readable: line ${badLines.join(', ')}`;
  // An empty list says that nobody is on it: more likely its download failed.
  if (entries === 0) throw new Failure('invalid', 'list_empty', `The list has no entry${where}`);
  if (badLineCount > entries) {
    throw new Failure('invalid', 'list_unreadable', `Most lines are no entries${where}`);
  }
  return { entries, badLines, badLineCount };
}
