// The first thing that runs, on whatever Node (20 or newer) is there: installs the pinned pnpm, packages and Node of
// this repository when they are missing, and hands over to them. Plain JavaScript without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(fileURLToPath(import.meta.url), '../../..');
const binaries = join(repository, 'node_modules/.bin');
const scripts = { start: ['deploy/local/start.ts'], test: ['deploy/local/verify.ts', '--system'] };

const [task, ...rest] = process.argv.slice(2);
const script = scripts[task];
if (script === undefined) fail(`unknown task "${task}": use "npm start" or "npm test"`);
if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node 20 or newer is needed, this is ${process.version}`);
installWhenNeeded();
ensureNodeRuns();
handOver([...script, ...rest]);

/** A stamp in node_modules tells which lockfile it was made from. */
function installWhenNeeded() {
  const inputs = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of inputs) hash.update(readFileSync(join(repository, file)));
  const wanted = hash.digest('hex');
  const stampFile = join(repository, 'node_modules/.selfsame-install');
  if (read(stampFile) === wanted && existsSync(join(binaries, 'node'))) return;

  const { packageManager } = JSON.parse(read(join(repository, 'package.json')));
  const pin = packageManager.split('+')[0];
  const installed = JSON.parse(read(join(repository, 'node_modules/pnpm/package.json')) || '{}');
  const [command, ...before] =
    pin === `pnpm@${installed.version}` ? [join(binaries, 'pnpm')] : ['npx', '--yes', pin];
  console.log('Installing packages (about a minute the first time)');
  const args = [...before, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const { status, error } = spawnSync(command, args, { cwd: repository, stdio: 'inherit' });
  if (status !== 0) {
    fail(
      `packages could not be installed (${error?.message ?? `exit code ${status}`}): the lines above say why`,
    );
  }
  writeFileSync(stampFile, wanted);
}

/** Node 26 needs libatomic, which the smallest Debian lacks: installed by apt where this user may. */
function ensureNodeRuns() {
  const tryNode = () => spawnSync(join(binaries, 'node'), ['--version'], { encoding: 'utf8' });
  const first = tryNode();
  if (first.status === 0) return;
  if (first.stderr?.includes('libatomic') && process.getuid?.() === 0) {
    console.log('Installing libatomic1 (apt-get)');
    const apt = (...args) => spawnSync('apt-get', [...args], { stdio: 'ignore' }).status === 0;
    const install = ['install', '--yes', '--no-install-recommends', 'libatomic1'];
    if ((apt(...install) || (apt('update') && apt(...install))) && tryNode().status === 0) return;
  }
  // npm looks into node_modules/.bin first: left there, it would keep even this file from running the next time.
  rmSync(join(repository, 'node_modules'), { recursive: true, force: true });
  const why = first.error?.message ?? first.stderr.trim();
  fail(`the Node of this repository does not run (${why}); on Debian: apt-get install libatomic1`);
}

/** Runs a script on the pinned Node and becomes as good as it: signals go through, the exit code comes back. */
function handOver(args) {
  const path = `${binaries}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(join(binaries, 'node'), args, {
    cwd: repository,
    env: { ...process.env, PATH: path },
    // The channel carries nothing: its end tells the child that this process is gone.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) =>
    fail(`the installed Node does not run (${error.message}): remove node_modules`),
  );
  child.on('exit', (code) => process.exit(code ?? 1));
  // npm that is killed with -9 tells nobody.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
  }
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function fail(message) {
  console.error(`selfsame: ${message}`);
  process.exit(1);
}
