import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** The disk that NATS stores on, which can be made full and empty. */
export interface NatsDisk {
  /** How it is made full, in words for the report. */
  readonly means: string;
  /** Leaves no space to write. @param pid of the running NATS */
  fill(pid: number): void;
  free(pid: number): void;
  /** Deletes everything that is stored; NATS has to be down. */
  empty(): void;
  /** Undoes what was set up. */
  release(): void;
}

const roomyBytes = 4 * 1024 ** 3;
/** NATS appends to files of megabytes; nothing that it rewrites whole is as large. */
const fileSizeLimit = 16 * 1024;

/** A small file system in memory where this user may mount one, else a limit on the size of the files that NATS writes. */
export function openNatsDisk(directory: string): NatsDisk {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const empty = () => {
    for (const entry of readdirSync(directory))
      rmSync(join(directory, entry), { recursive: true, force: true });
  };
  const options = `size=${roomyBytes},mode=700`;
  if (
    process.platform !== 'linux' ||
    !succeeds('mount', '-t', 'tmpfs', '-o', options, 'selfsame', directory)
  ) {
    return {
      means: 'a limit on file sizes (RLIMIT_FSIZE)',
      fill: (pid) => demand('prlimit', '--pid', String(pid), `--fsize=${fileSizeLimit}:unlimited`),
      free: (pid) => demand('prlimit', '--pid', String(pid), '--fsize=unlimited:unlimited'),
      empty,
      release: () => undefined,
    };
  }
  const resize = (bytes: number) => demand('mount', '-o', `remount,size=${bytes}`, directory);
  return {
    means: 'a file system of its own (tmpfs), resized to what is used',
    fill() {
      const { blocks, bfree, bsize } = statfsSync(directory);
      resize((blocks - bfree + 8) * bsize);
    },
    free: () => resize(roomyBytes),
    empty,
    release: () => void succeeds('umount', '--lazy', directory),
  };
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

function demand(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) throw new Error(`${command} failed: ${stderr?.trim()}`, { cause: error });
}
