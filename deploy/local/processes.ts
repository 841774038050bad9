import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { findTool } from './tools.ts';

/** How a process ended: an exit code, or the signal that ended it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The OS user a process runs as; `throughClosedFolders` lets it pass folders that only root may enter. */
export interface Identity {
  uid: number;
  gid: number;
  throughClosedFolders: boolean;
}

/** What to start. Its output goes to `logFile`; each line is also offered to `onLine`. */
export interface LaunchOptions {
  command: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  logFile: string;
  identity?: Identity;
  /** Sent to the child by the kernel when this process dies without a word. */
  deathSignal: 'SIGTERM' | 'SIGINT';
  onLine?: (line: string) => void;
  /** Its stdout is an answer that may hold a key: it is offered to `onLine` and kept nowhere. */
  isSecretive?: boolean;
}

/** A running child process. */
export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** The last lines it wrote to stderr, oldest first. */
  lastWords(): string[];
  /** Sends `signal`, waits up to `graceMs`, then kills. */
  end(signal: NodeJS.Signals, graceMs: number): Promise<Exit>;
}

const keptLines = 40;

/**
 * Starts a child in a session of its own (so that Ctrl-C reaches only the parent, which stops things in order) that
 * cannot outlive its parent: Linux signals it when the parent dies, even by kill -9.
 */
export async function launch(options: LaunchOptions): Promise<Child> {
  const [command, args, identity] = wrapped(options);
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  // A log that cannot be written (a full disk) must not take the system down.
  log.on('error', () => undefined);
  const child = spawn(command, args, {
    ...identity,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const errorLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (stream === child.stderr || options.isSecretive !== true) log.write(`${line}\n`);
      if (stream === child.stderr && line.trim() !== '') {
        errorLines.push(line.trim());
        if (errorLines.length > keptLines) errorLines.shift();
      }
      options.onLine?.(line);
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      log.end();
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} has no process id`);
  return {
    pid,
    exited,
    lastWords: () => [...errorLines],
    async end(signal, graceMs) {
      child.kill(signal);
      const ended = await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      if (ended !== undefined) return ended;
      child.kill('SIGKILL');
      return exited;
    },
  };
}

function wrapped(options: LaunchOptions): [string, readonly string[], { uid?: number; gid?: number }] {
  const { command, args, identity, deathSignal } = options;
  const setpriv = process.platform === 'linux' ? findTool('setpriv') : undefined;
  if (setpriv === undefined) {
    return [command, args, identity === undefined ? {} : { uid: identity.uid, gid: identity.gid }];
  }
  const privileges = ['--pdeathsig', deathSignal.replace('SIG', '')];
  if (identity !== undefined) {
    privileges.push('--reuid', String(identity.uid), '--regid', String(identity.gid), '--clear-groups');
    if (identity.throughClosedFolders) {
      // Without the secure bit access(2), which initdb asks about its own programs, would not count the capability.
      privileges.push('--securebits', '+no_setuid_fixup');
      privileges.push('--inh-caps', '+dac_override', '--ambient-caps', '+dac_override');
    }
  }
  return [setpriv, [...privileges, '--', command, ...args], {}];
}

/**
 * Names one process for good: its id and the moment the kernel started it, so that a reused id is not mistaken for it.
 * Undefined when no such process lives (or, away from Linux, when it cannot be told).
 */
export function fingerprint(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold spaces; fields are counted after it. Field 3 is the state, 22 the start.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Ends the process that `print` names, if it still lives: `signal` first, a kill after `graceMs`. True when it lived. */
export async function endByFingerprint(
  print: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> {
  const pid = Number(print.split(' ')[0]);
  const lives = () => Number.isInteger(pid) && pid > 1 && fingerprint(pid) === print;
  if (!lives()) return false;
  process.kill(pid, signal);
  for (const deadline = performance.now() + graceMs; lives() && performance.now() < deadline; )
    await delay(25);
  if (lives()) process.kill(pid, 'SIGKILL');
  return true;
}

/** 'exit code 1' or 'SIGKILL', for people. */
export function describeExit(exit: Exit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}

/**
 * Why a process failed, for people. Good programs say `name: what to mend`, a line for each mistake; of others the line
 * with the error is quoted.
 */
export function failureText(name: string, child: Child, exit: string, logFile: string): string {
  const words = child.lastWords();
  const program = name.replace(/-migrate$/, '');
  const own = words.filter((line) => line.startsWith(`${program}: `));
  if (own.length > 0) return own.join('\n');
  const why = words.find((line) => /^\w*Error\b|FATAL: /.test(line)) ?? words.at(-1) ?? exit;
  if (why.startsWith('SIG')) return `${name} ended (${why}) before it was ready; see ${logFile}`;
  return `${name} could not start (${why}); see ${logFile}`;
}
