import { describe, expect, it } from 'vitest';
import { CsvRefusal, csvLimits, readCsv } from './csv.ts';

function read(file: string | Buffer, pieceBytes = 7) {
  const reader = readCsv();
  const bytes = Buffer.from(file);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return reader.end();
}

const values = (file: string | Buffer) => read(file).lines.map(({ value }) => value);
const badLines = (file: string | Buffer) =>
  read(file).badLines.map(({ line, reason }) => `${line} ${reason}`);

describe('a file of list entries', () => {
  it('is read the same however it is cut into pieces, and with every kind of line end', () => {
    const file = '\ufeffvalue,display_label,comment\r\na@b.example,"One, ""A""",first\r\n\r\nc@d.example\n';
    const table = read(file);
    expect(table).toEqual({
      lines: [
        { line: 2, value: 'a@b.example', displayLabel: 'One, "A"', comment: 'first' },
        { line: 4, value: 'c@d.example', displayLabel: '', comment: '' },
      ],
      badLines: [],
    });
    for (const pieceBytes of [1, 2, 3, 64, 1000]) expect(read(file, pieceBytes)).toEqual(table);
  });

  it('may have its columns in any order, and semicolons or tabs between them', () => {
    expect(read('comment;value\nwhy;1.2.3.4').lines).toEqual([
      { line: 2, value: '1.2.3.4', displayLabel: '', comment: 'why' },
    ]);
    expect(read('value\tcomment\n1.2.3.4\ta, b').lines[0]).toMatchObject({
      value: '1.2.3.4',
      comment: 'a, b',
    });
  });

  it('keeps formulas as the text that they are', () => {
    expect(read('value,comment\nuser,=HYPERLINK(A1)').lines[0]?.comment).toBe('=HYPERLINK(A1)');
  });

  it('loses only the line that an open quote is on', () => {
    const file = 'value,comment\nfirst,"open\nsecond,ok\n"third" x,ok\nfo"urth,ok\nfifth,"ok"\n';
    expect(values(file)).toEqual(['second', 'fifth']);
    expect(badLines(file).map((line) => line.slice(0, 1))).toEqual(['2', '4', '5']);
  });

  it('says which lines are no text, too long or have too many cells', () => {
    const file = Buffer.concat([
      Buffer.from('value\n'),
      Buffer.from([0x6d, 0xfc, 0x0a]),
      Buffer.from('nul\0here\n'),
      Buffer.from(`${'x'.repeat(csvLimits.lineBytes + 1)}\n`),
      Buffer.from('a,b\n'),
      Buffer.from('good\n'),
    ]);
    expect(badLines(file)).toEqual([
      '2 The line is not UTF-8 text.',
      '3 Null characters are not allowed.',
      '4 The line is longer than 8192 bytes.',
      '5 The line has more than 1 cells.',
    ]);
    expect(values(file)).toEqual(['good']);
  });

  it.each([
    ['nothing', ''],
    ['no header', '1.2.3.4\n5.6.7.8\n'],
    ['a column that nobody knows', 'value,colour\n1.2.3.4,red\n'],
    ['one column twice', 'value,value\n1,2\n'],
    ['a header without an end', 'value'.padEnd(100_000, ',')],
  ])('is refused with %s', (_, file) => {
    expect(() => read(file, 5_000)).toThrow('The first line must name the columns');
  });

  it('is refused in UTF-16, when it is too long and when it is too large', () => {
    expect(() => read(Buffer.from('\ufeffvalue\n1.2.3.4', 'utf16le'))).toThrow('The file is UTF-16');
    expect(() => read(`value\n${'a\n'.repeat(csvLimits.lines + 1)}`, 65_536)).toThrow('10000 lines');
    expect(() => read(`value\n${'\n'.repeat(csvLimits.bytes)}`, 65_536)).toThrow(CsvRefusal);
    expect(read(`value\n${'a\n'.repeat(csvLimits.lines)}\n\n`, 65_536).lines).toHaveLength(csvLimits.lines);
  });

  it('holds no more than a line of what never ends', () => {
    const reader = readCsv();
    reader.push(Buffer.from('value\n'));
    const piece = Buffer.alloc(64 * 1024, 'x');
    for (let count = 0; count < 31; count += 1) reader.push(piece);
    expect(reader.end()).toEqual({
      lines: [],
      badLines: [{ line: 2, reason: 'The line is longer than 8192 bytes.' }],
    });
  });
});
