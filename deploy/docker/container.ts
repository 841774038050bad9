import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type OwnedProcess, spawnOwned } from '@selfsame/testing/owned-process';

const repository = resolve(import.meta.dirname, '../..');
const tools = `${join(repository, 'node_modules/.bin')}:${process.env.PATH}`;

/** What the base image brings beside certificates and time zones: packages of Debian. */
const BASE_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'libgomp1', 'libssl3'];

/** An image without an engine: the folder that its file system would be. */
export interface Image {
  readonly service: string;
  /** Of this machine. */
  readonly root: string;
}

export interface RunInImage {
  /** Process 1 of the container, or the process itself where there are no namespaces. */
  pid(): number;
  readonly process: OwnedProcess;
  output(): string;
  /** Ends it with all that it has started. */
  kill(): Promise<void>;
}

/**
 * Whether processes can be given a file system, process numbers and a user of their own: root, on Debian. Elsewhere they
 * run in the folder itself, beside everything that this machine has.
 */
export const isolated: boolean =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0 &&
  spawnSync('dpkg', ['-L', ...BASE_PACKAGES]).status === 0;

/** Lays out what `deploy/docker/Dockerfile` would, by the same script. */
export async function assembleImage(service: string, root: string): Promise<Image> {
  mkdirSync(root, { recursive: true });
  await promisify(execFile)(join(import.meta.dirname, 'assemble.sh'), [service, join(root, 'app')], {
    cwd: repository,
    env: { ...process.env, PATH: tools, TURBO_TELEMETRY_DISABLED: '1' },
  });
  return { service, root };
}

/** What lies under and beside /app: node as runtime.sh lays it out, and the base's libraries. */
export function assembleBase(folder: string): void {
  for (const place of ['proc', 'etc', 'assets']) mkdirSync(join(folder, place), { recursive: true });
  const environment = { ...process.env, PATH: tools };
  execFileSync(join(import.meta.dirname, 'runtime.sh'), [folder], { env: environment, stdio: 'pipe' });
  if (!isolated) return;
  const listed = execFileSync('dpkg', ['-L', ...BASE_PACKAGES], { encoding: 'utf8' }).split('\n');
  for (const path of listed.filter((each) => /\.so[.\d]*$/.test(each) && !each.includes('/gconv/'))) {
    const target = join(folder, path.replace(/^\/lib\//, '/usr/lib/'));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
  symlinkSync('usr/lib', join(folder, 'lib'));
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1 localhost\n');
}

/** Puts a base under an image without copying it. */
export function putUnder(base: string, image: Image): void {
  execFileSync('cp', ['-al', `${base}/.`, image.root]);
}

/** Runs node as the image would: as user 1000, in its folder, with nothing in the environment but what is told. */
export function runInImage(
  image: Image,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): RunInImage {
  const workspace = `/app/services/${image.service}`;
  const settings = { PATH: '/usr/local/bin', NODE_ENV: 'production', HOST: '127.0.0.1', ...environment };
  const chunks: Buffer[] = [];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const place = [`--root=${image.root}`, `--wd=${workspace}`, '--setgid=1000', '--setuid=1000'];
  const owned = isolated
    ? spawnOwned('/usr/bin/unshare', [...namespaces, ...place, 'node', ...args], image.root, {
        env: settings,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    : spawnOwned(process.execPath, args, image.root, {
        cwd: join(image.root, workspace),
        env: settings,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
  owned.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  owned.child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    pid: () => (isolated ? childOf(owned.child.pid) : (owned.child.pid ?? 0)),
    process: owned,
    output: () => Buffer.concat(chunks).toString(),
    async kill() {
      // Who has become another user outlives its parent, whatever --kill-child says.
      const { pid: parent, exitCode, signalCode } = owned.child;
      if (parent === undefined || (exitCode ?? signalCode) !== null) return;
      for (const pid of childrenOf(parent)) process.kill(pid, 'SIGKILL');
      await owned.end('SIGKILL');
    },
  };
}

/** Runs a command to its end. */
export async function commandInImage(image: Image, args: readonly string[], environment: NodeJS.ProcessEnv) {
  const run = runInImage(image, args, environment);
  await run.process.exited;
  return { code: run.process.child.exitCode, output: run.output() };
}

/** What the process has started and not waited for. */
export function childrenOf(pid: number): number[] {
  // It ends with 1 when there is none.
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

function childOf(pid: number | undefined): number {
  const [child] = pid === undefined ? [] : childrenOf(pid);
  if (child === undefined) throw new Error('the container is not running');
  return child;
}
