import { fork } from 'node:child_process';
import { once } from 'node:events';

// biome-ignore lint/suspicious/noExplicitAny: each call has types of its own, see HelperCalls
type AnyCall = (input: any) => unknown;

/** What a helper process does when it is asked, by name. Inputs and answers are structured clones. */
export type HelperCalls = Record<string, AnyCall>;

/** A process of a benchmark that does one job on a core of its own. */
export interface Helper<Calls extends HelperCalls> {
  readonly pid: number;
  call<Name extends keyof Calls & string>(
    name: Name,
    input: Parameters<Calls[Name]>[0],
  ): Promise<Awaited<ReturnType<Calls[Name]>>>;
  end(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/**
 * Starts a helper; it ends with this process, however that ends.
 *
 * @param file beside this one, calls `serveHelper`
 * @param logFile descriptor that its standard output goes to
 */
export async function startHelper<Calls extends HelperCalls>(
  file: string,
  logFile: number,
): Promise<Helper<Calls>> {
  const child = fork(new URL(file, import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', logFile, 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { done: (value: never) => void; failed: (error: Error) => void }>();
  let asked = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.done(value as never);
    else question?.failed(new Error(`${file}: ${error}`));
  });
  child.once('exit', (code, signal) => {
    for (const { failed } of waiting.values()) failed(new Error(`${file} ended: ${signal ?? code}`));
  });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    call: (name, input) =>
      new Promise((done, failed) => {
        asked += 1;
        waiting.set(asked, { done, failed });
        child.send({ id: asked, name, input } satisfies Question);
      }),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** Answers the owner's questions, side by side, until it lets go. */
export function serveHelper(calls: HelperCalls): void {
  process.on('message', async ({ id, name, input }: Question) => {
    try {
      reply({ id, value: await calls[name]?.(input) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit(0));
}

function reply(answer: Answer): void {
  process.send?.(answer);
}
