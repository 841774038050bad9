import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog } from '@selfsame/runtime/log';
import { assetsDirectory } from '@selfsame/testing/assets';
import type { FactName } from '../../src/domain/facts.ts';
import { type Network, openNetwork } from '../../src/outbound/network/network.ts';

/** Real databases and lists; none of it is part of the repository. */
export const ipData = (...path: string[]) => join(assetsDirectory(), 'ipdata', ...path);

/** 13 July 2026, 12:00 UTC. */
export const july = new Date(Date.UTC(2026, 6, 13, 12));

/** A network over a directory, and what it wrote into the log. */
export interface Opened extends AsyncDisposable {
  readonly network: Network;
  readonly lines: Record<string, unknown>[];
  /** The value of a fact: undefined is missing. */
  fact(address: string, name: FactName): unknown;
}

/** Looks for changed files only when it is told to. */
export async function openAt(
  directory: string | undefined,
  options: { now?: () => Date } = {},
): Promise<Opened> {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const network = await openNetwork({
    directory,
    log: createLog('fraud-signals', 'debug', sink),
    now: options.now ?? (() => july),
    pollIntervalMs: 3_600_000,
  });
  return {
    network,
    lines,
    fact: (address, name) => new Map<FactName, unknown>(network.look(address).facts).get(name),
    [Symbol.asyncDispose]: () => network.close(),
  };
}

/** An empty directory that is gone afterwards. */
export async function emptyDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'ip-data-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
