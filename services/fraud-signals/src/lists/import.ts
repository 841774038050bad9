import { setImmediate as breathe } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { BadLine, CsvLine, CsvTable } from '../domain/lists/csv.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import type { ValueType } from '../domain/lists/types.ts';
import { readValue } from '../domain/lists/value.ts';
import { countEntries, insertValues, type NewEntry } from '../outbound/list-entry-store.ts';
import { findList, lockList } from '../outbound/list-store.ts';
import { full, maxEntries } from './additions.ts';
import type { ListRefusal } from './refusal.ts';
import { notFound, refuse } from './refusal.ts';

/** What came of a file. */
export interface ImportReport {
  readonly imported: number;
  /** Lines whose value was on the list already, or stands further up in the file. */
  readonly duplicates: number;
  readonly rejected: number;
  /** By line, the first thousand. */
  readonly errors: readonly BadLine[];
  readonly errorsLeftOut: number;
}

/** Lengths that cells and fields of requests may have. */
export const textLimits = { displayLabel: 255, comment: 1_000 } as const;

const maxErrors = 1_000;
/** Rows of one statement. */
const batch = 1_000;
/** Lines between two breaths, so that assessments under way wait for a few milliseconds at most. */
const linesAtOnce = 250;

/**
 * Puts the lines of a file on a list, all in one transaction.
 * @param options.atomic one bad line, and nothing is imported
 */
export async function importEntries(
  context: Context,
  applicationId: string,
  listId: string,
  table: CsvTable,
  options: { atomic: boolean },
): Promise<ImportReport | ListRefusal> {
  const list = await findList(context.database.db, applicationId, listId);
  if (list === undefined) return notFound;
  if (list.entryType === 'face')
    return refuse(400, 'Faces cannot be imported: add sessions or upload pictures.');
  const { entries, badLines } = await readEntries(context, applicationId, list.entryType, table);
  const errors = [...table.badLines, ...badLines].toSorted((a, b) => a.line - b.line);
  const report = {
    rejected: errors.length,
    errors: errors.slice(0, maxErrors),
    errorsLeftOut: Math.max(0, errors.length - maxErrors),
  };
  if (options.atomic && errors.length > 0) return { ...report, imported: 0, duplicates: 0 };

  return await context.database
    .transaction(async (tx) => {
      const held = await lockList(tx, applicationId, listId);
      if (held === undefined) return notFound;
      const room = maxEntries - (await countEntries(tx, listId));
      let imported = 0;
      for (let start = 0; start < entries.length; start += batch) {
        imported += await insertValues(tx, context.keyring, held, entries.slice(start, start + batch), start);
        if (imported > room) throw new TooMany();
      }
      return { ...report, imported, duplicates: entries.length - imported };
    })
    .catch((error: unknown) => {
      if (error instanceof TooMany) return full;
      throw error;
    });
}

/** Ends the transaction of an import that would not fit. */
class TooMany extends Error {}

type Entry = Pick<NewEntry, 'matchKey' | 'value' | 'displayLabel' | 'comment'>;

async function readEntries(
  { hash }: Context,
  applicationId: string,
  type: ValueType,
  { lines }: CsvTable,
): Promise<{ entries: Entry[]; badLines: BadLine[] }> {
  const entries: Entry[] = [];
  const badLines: BadLine[] = [];
  const matchKey = matchKeysOf(hash, applicationId);
  for (const [index, line] of lines.entries()) {
    if (index % linesAtOnce === linesAtOnce - 1) await breathe();
    const value = readValue(type, line.value);
    const mistake = 'mistake' in value ? value.mistake : tooLong(line);
    if ('mistake' in value || mistake !== undefined) {
      badLines.push({ line: line.line, reason: mistake ?? '' });
      continue;
    }
    entries.push({
      matchKey: matchKey(type, value.normal),
      value: value.shown,
      displayLabel: line.displayLabel || null,
      comment: line.comment || null,
    });
  }
  return { entries, badLines };
}

function tooLong({ displayLabel, comment }: CsvLine): string | undefined {
  if (displayLabel.length > textLimits.displayLabel) {
    return `display_label: Ensure this field has no more than ${textLimits.displayLabel} characters.`;
  }
  if (comment.length > textLimits.comment) {
    return `comment: Ensure this field has no more than ${textLimits.comment} characters.`;
  }
  return undefined;
}
