import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';

/** Two pictures and whether they show one person. `group` as the table gives it, e.g. an age band; empty when not given. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  readonly group: string;
}

/** A picture and whether a living person stood before the camera. */
export interface Presentation {
  readonly file: string;
  readonly live: boolean;
  /** Kind of attack, empty when not given. */
  readonly kind: string;
  readonly group: string;
}

/** What a folder of faces says of itself. Pictures are paths inside the folder. */
export interface FaceFolder {
  readonly directory: string;
  readonly pairs: readonly Pair[];
  readonly presentations: readonly Presentation[];
  /** Rows that could not be read, in words, with file and line; at most one for each row. */
  readonly mistakes: readonly string[];
}

const YES = new Set(['1', 'true', 'yes', 'same', 'genuine', 'mated']);
const NO = new Set(['0', 'false', 'no', 'different', 'impostor', 'nonmated', 'non-mated']);
const LIVE = new Set(['live', 'bonafide', 'bona fide', 'bona_fide', 'real', 'genuine', '1']);
const SPOOF = new Set(['spoof', 'attack', 'fake', 'pa', '0']);

/**
 * Reads `pairs.csv` (a, b, same) and `spoof.csv` (file, label) of a folder, and their further columns where they are
 * given: `group` of both, `kind` of spoof.csv, `group_a` and `group_b` of pairs.csv. Either table may be missing.
 * @throws Error when the folder or both tables are missing, or a table lacks a column
 */
export function readFaceFolder(directory: string): FaceFolder {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new Error(`${directory} is no folder`);
  }
  const mistakes: string[] = [];
  const pairs = readTable(directory, 'pairs.csv', ['a', 'b', 'same'], mistakes, (row) => {
    const same = readLabel(row.same, YES, NO);
    if (same === undefined) return `same is "${row.same}", not 1 or 0`;
    const outside = [row.a, row.b].find((name) => leaves(directory, name));
    if (outside !== undefined) return `${outside} is no picture of this folder`;
    if (row.a === row.b) return `${row.a} is paired with itself`;
    return { a: row.a ?? '', b: row.b ?? '', same, group: groupOf(row) };
  });
  const presentations = readTable(directory, 'spoof.csv', ['file', 'label'], mistakes, (row) => {
    const live = readLabel(row.label, LIVE, SPOOF);
    if (live === undefined) return `label is "${row.label}", not live or spoof`;
    if (leaves(directory, row.file)) return `${row.file} is no picture of this folder`;
    return { file: row.file ?? '', live, kind: row.kind ?? '', group: row.group ?? '' };
  });
  if (pairs === undefined && presentations === undefined) {
    throw new Error(`${directory} holds neither pairs.csv nor spoof.csv`);
  }
  return { directory, pairs: pairs ?? [], presentations: presentations ?? [], mistakes };
}

/** Absolute path of a picture that a table names. */
export function picturePath(directory: string, name: string): string {
  return resolve(directory, name);
}

function leaves(directory: string, name = ''): boolean {
  const path = relative(directory, picturePath(directory, name));
  return path === '' || path.startsWith('..') || isAbsolute(path);
}

type Row = Readonly<Record<string, string>>;

/** @returns undefined when the file is not there */
function readTable<T>(
  directory: string,
  name: string,
  columns: readonly string[],
  mistakes: string[],
  read: (row: Row) => T | string,
): T[] | undefined {
  const path = join(directory, name);
  if (!existsSync(path)) return undefined;
  const records = parseTable(path, name);
  const [first] = records;
  if (first === undefined) return [];
  const missing = columns.filter((column) => !Object.hasOwn(first.record, column));
  if (missing.length > 0) throw new Error(`${name} has no column ${missing.join(', ')}`);
  const rows: T[] = [];
  for (const { record, info } of records) {
    const row = read(record);
    if (typeof row === 'string') mistakes.push(`${name} line ${info.lines}: ${row}`);
    else rows.push(row);
  }
  return rows;
}

interface ParsedRow {
  readonly record: Row;
  readonly info: { readonly lines: number };
}

/** @throws Error naming the table */
function parseTable(path: string, name: string): ParsedRow[] {
  try {
    return parse(readFileSync(path), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      info: true,
      columns: (header: string[]) => header.map((column) => column.trim().toLowerCase()),
    }) as unknown as ParsedRow[];
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function readLabel(
  text: string | undefined,
  yes: ReadonlySet<string>,
  no: ReadonlySet<string>,
): boolean | undefined {
  const label = (text ?? '').toLowerCase();
  if (yes.has(label)) return true;
  return no.has(label) ? false : undefined;
}

/** `group`, or `group_a` and `group_b`: one name when both agree, else both in alphabetical order. */
function groupOf(row: Row): string {
  if (row.group) return row.group;
  const groups = [row.group_a ?? '', row.group_b ?? ''].filter((group) => group !== '');
  return [...new Set(groups)].sort().join(' × ');
}
