import { Failure } from './errors.ts';
import { createHistogram } from './metrics.ts';

const labels = ['method', 'code'] as const;
const served = createHistogram('selfsame_rpc_server_seconds', 'gRPC calls that were answered.', { labels });
const made = createHistogram('selfsame_rpc_client_seconds', 'gRPC calls to neighbours, waiting included.', {
  labels,
});

/** Starts the clock of a call. @returns to be told how it ended */
function observeCall(histogram: typeof served, path: string): (error?: unknown) => void {
  const startedAt = performance.now();
  return (error) =>
    histogram.observe(
      { method: shortName(path), code: codeOf(error) },
      (performance.now() - startedAt) / 1_000,
    );
}
export const observeServed = (path: string) => observeCall(served, path);
export const observeMade = (path: string) => observeCall(made, path);

/** `/package.v1.Service/Method` → `Service/Method`. */
function shortName(path: string): string {
  const [, service = '', method = ''] = path.split('/');
  return `${service.slice(service.lastIndexOf('.') + 1)}/${method}`;
}

/** `ok`, the kind of a Failure, `cancelled` where the caller has gone, else `internal`. */
function codeOf(error: unknown): string {
  if (error === undefined) return 'ok';
  if (error instanceof Failure) return error.kind;
  return error instanceof Error && error.name === 'AbortError' ? 'cancelled' : 'internal';
}
