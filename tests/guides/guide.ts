import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** Commands of a guide in docs/, by the name in the comment above their block: `<!-- run: name -->`. */
export function readGuide(name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(repository, 'docs', name), 'utf8');
  const blocks = text.matchAll(/^( *)<!-- run: ([\w-]+) -->\n\s*```sh\n([\s\S]*?)^ *```$/gm);
  return new Map(
    [...blocks].map(([, indent = '', block = '', commands = '']) => [
      block,
      commands.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    ]),
  );
}

/**
 * Runs a block as its reader would, in the repository, stopping at the first command that fails.
 * @throws Error with what it said
 */
export async function runBlock(
  guide: ReadonlyMap<string, string>,
  name: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const commands = guide.get(name);
  if (commands === undefined) throw new Error(`the guide has no block ${name}`);
  const path = `${join(repository, 'node_modules/.bin')}:${process.env.PATH}`;
  const child = spawn('sh', ['-eu', '-c', commands], {
    cwd: repository,
    env: { ...process.env, PATH: path, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const text = (stream: NodeJS.ReadableStream) => Array.fromAsync(stream).then((parts) => parts.join(''));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (code !== 0) throw new Error(`${name} of the guide ended with ${code}:\n${out}${error}`);
  return out;
}
