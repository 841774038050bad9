import type { FactName, FactValue } from './domain/facts.ts';

/** CREATION: the application asks for a session. OPENING: its page was opened. CAPTURE: a picture was looked at. */
export type Phase = 'CREATION' | 'OPENING' | 'CAPTURE';

/** One moment of a session that is assessed. Texts are empty, and digests null, where there is none. */
export interface Visit {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly vendorData: string;
  readonly phase: Phase;
  /** Of the look, at CAPTURE. */
  readonly attemptId: string;
  readonly now: Date;
  /** In its shortest form; IPv4 where IPv6 only carries it. */
  readonly ipAddress: string;
  readonly device: {
    /** SHA-256 of the public key that has just signed our nonce: only this makes a device. */
    readonly keySha256: Buffer | null;
    /** SHA-256 of the cookie, which may be a copy. */
    readonly cookieSha256: Buffer | null;
  };
  /** What the application itself says of device and address, not of the page. */
  readonly applicationDeviceId: string;
  readonly applicationIpAddress: string;
  readonly email: string;
  readonly phone: string;
  /** A device that our own token vouches for, at CREATION. */
  readonly vouchedDeviceId: string;
  /** What was told and what the network says; history, lists and opening come later. */
  readonly facts: ReadonlyMap<FactName, FactValue | null>;
}
