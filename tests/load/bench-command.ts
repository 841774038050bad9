/**
 * Runs a benchmark at a terminal: lines with the seconds since its start, and an end in order when it is interrupted
 * (exit code 130).
 */
export async function runBench(
  bench: (signal: AbortSignal, say: (line: string) => void) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  const startMs = performance.now();
  const say = (line: string) =>
    console.log(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  try {
    await bench(stopping.signal, say);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    say('stopped');
    process.exitCode = 130;
  }
}
