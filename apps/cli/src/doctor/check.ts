/** How something is. `skipped`: it could not be looked at, for a reason that stands elsewhere. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one look found. */
export interface Finding {
  readonly area: string;
  readonly check: string;
  readonly status: Status;
  /** What is so, in a line. */
  readonly text: string;
  /** What to do about it, in a line; null when nothing is to be done. */
  readonly remedy: string | null;
}

/** One thing that is looked at. */
export interface Check {
  readonly area: string;
  readonly check: string;
  /** 8 s unless given. */
  readonly timeoutMs?: number;
  /** @throws what is told as failed */
  run(): Promise<readonly Result[]>;
}

/** A finding without its place, which is its check's unless it says another. */
export interface Result {
  readonly status: Status;
  readonly text: string;
  readonly remedy?: string;
  readonly check?: string;
}

export const ok = (text: string, check?: string): Result => ({ status: 'ok', text, ...(check && { check }) });
export const warning = (text: string, remedy: string, check?: string): Result => ({
  status: 'warning',
  text,
  remedy,
  ...(check && { check }),
});
export const failed = (text: string, remedy: string, check?: string): Result => ({
  status: 'failed',
  text,
  remedy,
  ...(check && { check }),
});
export const skipped = (text: string, check?: string): Result => ({
  status: 'skipped',
  text,
  ...(check && { check }),
});

const defaultTimeoutMs = 8_000;

/** Looks at everything side by side; what does not answer in time has failed, and keeps nothing else waiting. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async ({ area, check, run, timeoutMs = defaultTimeoutMs }) => {
      const results = await within(run, timeoutMs);
      return results.map(
        (result): Finding => ({
          area,
          check: result.check ?? check,
          status: result.status,
          text: result.text,
          remedy: result.remedy ?? null,
        }),
      );
    }),
  );
  return found.flat();
}

async function within(run: Check['run'], timeoutMs: number): Promise<readonly Result[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Result[]>((resolve) => {
    const answer = failed(
      `no answer within ${timeoutMs / 1_000} s`,
      'see whether it hangs, or the network to it does',
    );
    timer = setTimeout(() => resolve([answer]), timeoutMs);
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return [failed(lineOf(error), 'see the README of what is named, its error codes')];
  } finally {
    clearTimeout(timer);
  }
}

/** The first line of an error, for people. */
export function lineOf(error: unknown): string {
  const text =
    error instanceof AggregateError
      ? lineOf(error.errors[0])
      : error instanceof Error
        ? error.message
        : 'it failed';
  return text.split('\n')[0]?.slice(0, 400) || 'it failed';
}

/** The same without what it says to do, which stands in the remedy. */
export function factOf(error: unknown): string {
  return lineOf(error).replace(/: (start it|run its|correct) .*$/, '');
}

/** Something that several checks need, done once; its failure is told once, by the check that is about it. */
export function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    made.catch(() => {});
    return made;
  };
}
