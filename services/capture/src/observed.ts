import type { Fact, Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import type { Facts, FactValue } from './domain/facts.ts';

/** What was seen of a client with one request. Lives as long as it. */
export interface Observed {
  /** The client's address, behind trusted proxies. */
  readonly ipAddress: string;
  /** Digest of the persistent id in its cookie; empty where none came. */
  readonly cookieSha256: Buffer;
  readonly facts: Facts;
}

/** What was proved about no device. */
export const noKey: Buffer = Buffer.alloc(0);

/** As fraud-signals takes it. @param keySha256 of a key that has signed a nonce of ours; empty: nothing is proved */
export function observationOf({ ipAddress, cookieSha256, facts }: Observed, keySha256: Buffer): Observation {
  return {
    ipAddress,
    device: { keySha256, cookieSha256 },
    facts: Object.entries(facts).map(([name, value]) => ({ name, value: protoValue(value) })),
  };
}

function protoValue(value: FactValue): Fact['value'] {
  switch (typeof value) {
    case 'string':
      return { $case: 'text', value };
    case 'number':
      return { $case: 'number', value };
    case 'boolean':
      return { $case: 'flag', value };
    default:
      return value === null ? undefined : { $case: 'texts', value: { items: [...value] } };
  }
}
