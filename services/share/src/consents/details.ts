import { randomBytes } from 'node:crypto';
import { Appearance } from '@selfsame/contracts/session/v1/service';
import type { Context } from '../context.ts';
import type { EvidenceKind } from '../domain/consent.ts';
import type { ConsentText } from '../domain/consent-texts/render.ts';

/** What the hosted page needs beside the text, as it was when the person was asked. */
export interface ConsentPage {
  /** Empty: none. */
  readonly callback: string;
  readonly appearance: Appearance | undefined;
  /** Of the devices that took the session's selfies. */
  readonly deviceNames: readonly string[];
}

/** How it is known that a person agreed; what depends on the kind is absent otherwise. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** Base64url of the raw point, and hex of its SHA-256. */
  readonly device_public_key?: string;
  readonly device_key_sha256?: string;
  /** Base64url, and the text that it is over. */
  readonly device_signature?: string;
  readonly signed_text?: string;
  /** Hex. */
  readonly network_sha256?: string;
  readonly shown_ms?: number;
  /** As the application says: when, how, in which words. */
  readonly captured?: Readonly<Record<string, string>>;
}

/** What is known of an answer beyond its signed core, which holds the digest of this. */
export interface ConsentDetails {
  readonly session_id: string;
  readonly shown: ConsentText | null;
  readonly evidence: Evidence;
}

const saltBytes = 16;

type Owner = { readonly id: string; readonly application_id: string };
type Sealing = Pick<Context, 'keyring'>;

/** The details as they are hashed: with a salt, so that nobody can try out what the digest is of once they are gone. */
export function detailsText(details: ConsentDetails): string {
  return JSON.stringify({ salt: randomBytes(saltBytes).toString('base64url'), ...details });
}

export function sealDetails({ keyring }: Sealing, owner: Owner, text: string): Buffer {
  return keyring.seal(Buffer.from(text), ownerOf(owner, 'details'));
}

/** The very text that was hashed. */
export async function openDetails({ keyring }: Sealing, owner: Owner, sealed: Buffer): Promise<string> {
  return (await keyring.open(sealed, ownerOf(owner, 'details'))).toString();
}

export function sealPage({ keyring }: Sealing, owner: Owner, page: ConsentPage): Buffer {
  const appearance =
    page.appearance && Buffer.from(Appearance.encode(page.appearance).finish()).toString('base64');
  return keyring.seal(Buffer.from(JSON.stringify({ ...page, appearance })), ownerOf(owner, 'page'));
}

export async function openPage({ keyring }: Sealing, owner: Owner, sealed: Buffer): Promise<ConsentPage> {
  const page = JSON.parse((await keyring.open(sealed, ownerOf(owner, 'page'))).toString());
  return {
    ...page,
    appearance: page.appearance && Appearance.decode(Buffer.from(page.appearance, 'base64')),
  };
}

const ownerOf = ({ application_id, id }: Owner, what: string) => [application_id, `consent ${what}`, id];
