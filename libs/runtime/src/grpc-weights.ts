import type { CompatServiceDefinition } from 'nice-grpc';
import { Failure } from './errors.ts';

/** One of several places that answer the same calls. */
export interface WeightedPlace {
  readonly address: string;
  /** Its share of the calls beside the others'; 0 is asked only when they refuse. */
  readonly weight: number;
}

/**
 * `host:port`, or several with their weights: `gpu:9090*9,cpu:9090*1`. A weight that is not given is 1.
 * @throws Failure `address_wrong`
 */
export function readPlaces(text: string): readonly WeightedPlace[] {
  const places = text.split(',').map((part) => {
    const [address = '', weight = '1', ...rest] = part.trim().split('*');
    const isRight = /^[^\s*,]+$/.test(address) && /^\d{1,4}$/.test(weight) && rest.length === 0;
    if (!isRight) throw wrong(text);
    return { address, weight: Number(weight) };
  });
  if (places.length > 1 && places.every(({ weight }) => weight === 0)) throw wrong(text);
  return places;
}

function wrong(text: string): Failure {
  const form = 'write host:port, or several with their weights: gpu:9090*9,cpu:9090*1';
  return new Failure('precondition', 'address_wrong', `"${text}" is no address of a service: ${form}`);
}

/**
 * Whose turn it is. Turns are spread evenly (smooth weighted round robin): 9 and 1 give one in ten, never ten in a row.
 * @returns on each call the order in which places are asked: the one whose turn it is, then the others by weight
 */
export function createTurns(places: readonly WeightedPlace[]): () => readonly number[] {
  const total = places.reduce((sum, { weight }) => sum + weight, 0);
  const credit = places.map(() => 0);
  const byWeight = places.map((_, index) => index).sort((a, b) => weightOf(b) - weightOf(a));
  function weightOf(index: number): number {
    return places[index]?.weight ?? 0;
  }
  return () => {
    let next = byWeight[0] ?? 0;
    for (const index of byWeight) {
      credit[index] = (credit[index] ?? 0) + weightOf(index);
      if ((credit[index] ?? 0) > (credit[next] ?? 0)) next = index;
    }
    credit[next] = (credit[next] ?? 0) - total;
    return [next, ...byWeight.filter((index) => index !== next)];
  };
}

/** Refused without being begun, or nobody there: another place may answer. Anything else is the answer. */
function mayGoRound(error: unknown): boolean {
  if (!(error instanceof Failure) || error.code === 'message_too_large') return false;
  return error.kind === 'exhausted' || error.kind === 'unavailable';
}

type Method = (request: unknown, options?: CallOptions) => Promise<unknown>;
interface CallOptions {
  readonly deadline?: Date | number;
}

/**
 * One client over those of several places. A call goes to the place whose turn it is; one that is refused there goes on to
 * the next, within the same deadline. The failure that the caller sees is the first.
 * @param options.deadlineMs of calls that bring none of their own
 */
export function goRound<Client extends object>(
  definition: CompatServiceDefinition,
  clients: readonly Client[],
  turns: () => readonly number[],
  options: { deadlineMs: number },
): Client {
  async function call(name: string, request: unknown, callOptions: CallOptions): Promise<unknown> {
    const { deadline = options.deadlineMs } = callOptions;
    const until = typeof deadline === 'number' ? new Date(Date.now() + deadline) : deadline;
    let first: unknown;
    for (const index of turns()) {
      const method = Reflect.get(clients[index] ?? {}, name) as Method;
      try {
        return await method(request, { ...callOptions, deadline: until });
      } catch (error) {
        first ??= error;
        if (!mayGoRound(error)) throw error;
      }
    }
    throw first;
  }
  const names = Object.keys('methods' in definition ? definition.methods : definition);
  const methods = names.map((name): [string, Method] => [
    name,
    (request, callOptions = {}) => call(name, request, callOptions),
  ]);
  return Object.fromEntries(methods) as Client;
}
