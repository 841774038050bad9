import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFaceFolder } from './folder.ts';

function folder(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'faces-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

test('tables of other tools are read: quotes, CRLF, byte order mark, capitals, columns in any order', () => {
  const read = readFaceFolder(
    folder({
      'pairs.csv': '\uFEFFSame, B ,A,Group\r\nTrue,"two, b.jpg",one.jpg,F\r\n\r\n0,c.png,d.png,M\r\n',
      'spoof.csv': 'label,file,kind\nbonafide,x.jpg,\nATTACK,y.jpg,print\n',
    }),
  );
  expect(read.pairs).toEqual([
    { a: 'one.jpg', b: 'two, b.jpg', same: true, group: 'F' },
    { a: 'd.png', b: 'c.png', same: false, group: 'M' },
  ]);
  expect(read.presentations.map(({ live, kind }) => [live, kind])).toEqual([
    [true, ''],
    [false, 'print'],
  ]);
  expect(read.mistakes).toEqual([]);
});

test('a row that makes no sense is named with its line and left out; the others count', () => {
  const read = readFaceFolder(folder({ 'pairs.csv': 'a,b,same\nx,y,1\nx,z,maybe\nx,w,0\n' }));
  expect(read.pairs).toHaveLength(2);
  expect(read.mistakes).toEqual(['pairs.csv line 3: same is "maybe", not 1 or 0']);
  expect(read.presentations).toEqual([]);
});

test('a picture outside the folder, and a pair of one picture, are mistakes', () => {
  const read = readFaceFolder(
    folder({ 'pairs.csv': 'a,b,same\nx,../y,1\nx,x,1\n', 'spoof.csv': 'file,label\n/etc/hostname,live\n' }),
  );
  expect([read.pairs, read.presentations]).toEqual([[], []]);
  expect(read.mistakes).toEqual([
    'pairs.csv line 2: ../y is no picture of this folder',
    'pairs.csv line 3: x is paired with itself',
    'spoof.csv line 2: /etc/hostname is no picture of this folder',
  ]);
});

test('groups of both pictures make one group, whoever comes first', () => {
  const text = 'a,b,same,group_a,group_b\nx,y,1,F,F\nx,z,0,F,M\nz,x,0,M,F\n';
  const { pairs } = readFaceFolder(folder({ 'pairs.csv': text }));
  expect(pairs.map(({ group }) => group)).toEqual(['F', 'F × M', 'F × M']);
});

test.each([
  [{ 'readme.txt': 'hello' }, 'neither pairs.csv nor spoof.csv'],
  [{ 'pairs.csv': 'one,two,same\nx,y,1\n' }, 'no column a, b'],
  [{ 'spoof.csv': 'file,label\n"x,live\n' }, 'spoof.csv: '],
])('what is missing is named', (files, message) => {
  expect(() => readFaceFolder(folder(files))).toThrow(message);
});
