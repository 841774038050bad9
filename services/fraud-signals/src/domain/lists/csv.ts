import { parse } from 'csv-parse/sync';

/** A line of a file that is to become an entry, its cells as they are. */
export interface CsvLine {
  /** From 1, the header's. */
  readonly line: number;
  readonly value: string;
  readonly displayLabel: string;
  readonly comment: string;
}

/** A line that will not do. Its reason never repeats what is on it. */
export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

export interface CsvTable {
  readonly lines: readonly CsvLine[];
  readonly badLines: readonly BadLine[];
}

/** Why nothing of a file can be read, for the caller. */
export class CsvRefusal extends Error {}

export const csvLimits = { bytes: 2 * 1024 * 1024, lines: 10_000, lineBytes: 8 * 1024 } as const;

const columns = ['value', 'display_label', 'comment'] as const;
type Column = (typeof columns)[number];

/** What the first line says: the order of the columns, and what stands between them. */
interface Header {
  readonly names: readonly Column[];
  readonly delimiter: string;
}

const newline = 0x0a;

/**
 * Reads a CSV file piece by piece: UTF-8, a header that names the columns in any order, one record a line. A quoted cell ends
 * on its line, so that a quote too many spoils one line and not the rest of the file. Holds one unfinished line of bounded
 * length beside what was read. Both calls throw CsvRefusal.
 */
export function readCsv(): { push(chunk: Buffer): void; end(): CsvTable } {
  const lines: CsvLine[] = [];
  const badLines: BadLine[] = [];
  let header: Header | undefined;
  let line = 0;
  let bytes = 0;
  let records = 0;
  let unfinished: Buffer[] = [];
  let unfinishedBytes = 0;

  function add(piece: Buffer): void {
    unfinishedBytes += piece.length;
    if (unfinishedBytes > csvLimits.lineBytes) unfinished = [];
    else if (piece.length > 0) unfinished.push(piece);
  }

  function endLine(): void {
    line += 1;
    if (unfinishedBytes === 0 && header !== undefined) return;
    const isTooLong = unfinishedBytes > csvLimits.lineBytes;
    const raw = Buffer.concat(unfinished);
    unfinished = [];
    unfinishedBytes = 0;
    if (header === undefined) {
      header = readHeader(isTooLong ? null : decode(raw));
      return;
    }
    if (!isTooLong && isBlank(raw)) return;
    records += 1;
    if (records > csvLimits.lines) {
      throw new CsvRefusal(`A file may have no more than ${csvLimits.lines} lines beside its header.`);
    }
    const record = isTooLong
      ? `The line is longer than ${csvLimits.lineBytes} bytes.`
      : readRecord(header, raw);
    if (typeof record === 'string') badLines.push({ line, reason: record });
    else lines.push({ line, ...record });
  }

  return {
    push(chunk) {
      if (bytes === 0) refuseOtherEncodings(chunk);
      bytes += chunk.length;
      if (bytes > csvLimits.bytes) throw new CsvRefusal('A file may be no larger than 2 MB.');
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        add(chunk.subarray(start, end));
        endLine();
        start = end + 1;
      }
      add(Buffer.from(chunk.subarray(start)));
    },
    end() {
      if (unfinishedBytes > 0 || header === undefined) endLine();
      return { lines, badLines };
    },
  };
}

/** Spreadsheets write their "Unicode text" like this. */
function refuseOtherEncodings(start: Buffer): void {
  const mark = start.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff')
    throw new CsvRefusal('The file is UTF-16: save it as CSV in UTF-8.');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** null when it is not UTF-8. A byte order mark is left out, and so is the first half of CRLF. */
function decode(raw: Buffer): string | null {
  try {
    return utf8.decode(raw).replace(/\r$/, '');
  } catch {
    return null;
  }
}

function isBlank(raw: Buffer): boolean {
  return raw.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function readHeader(text: string | null): Header {
  const delimiter = [',', ';', '\t'].find((mark) => text?.includes(mark)) ?? ',';
  const cells = text === null ? null : cellsOf(text, delimiter);
  const names = (cells ?? []).map((name) => columns.find((column) => column === name.trim().toLowerCase()));
  const known = names.filter((name) => name !== undefined);
  if (!known.includes('value') || known.length < names.length || new Set(known).size < known.length) {
    throw new CsvRefusal(
      'The first line must name the columns: value, and if you like display_label and comment.',
    );
  }
  return { names: known, delimiter };
}

/** @returns why it will not do, as a sentence */
function readRecord({ names, delimiter }: Header, raw: Buffer): Omit<CsvLine, 'line'> | string {
  const text = decode(raw);
  if (text === null) return 'The line is not UTF-8 text.';
  if (text.includes('\0')) return 'Null characters are not allowed.';
  const cells = cellsOf(text, delimiter);
  if (cells === null)
    return 'A quotation mark is not closed on its line, or stands within a cell without quotes.';
  if (cells.length > names.length) return `The line has more than ${names.length} cells.`;
  const cell = (name: Column) => cells[names.indexOf(name)] ?? '';
  return { value: cell('value'), displayLabel: cell('display_label'), comment: cell('comment') };
}

/** null for quotes that do not fit. */
function cellsOf(text: string, delimiter: string): string[] | null {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const [cells] = parse(text, { delimiter, relax_column_count: true }) as string[][];
    return cells ?? null;
  } catch {
    return null;
  }
}
