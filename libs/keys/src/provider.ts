/** A key that is not in any database, and seals those that are. */
export interface KeyProvider {
  /** In the table of data keys: environment, file or aws-kms. */
  readonly name: string;
  /**
   * Seals 32 bytes under the provider's current key.
   * @param context authenticated with them: whoever unseals must name the same
   * @throws Failure as `unwrap`
   */
  wrap(key: Buffer, context: KeyContext): Promise<WrappedKey>;
  /** @throws Failure `key_unopenable`, `key_provider_unreachable`, `key_version_unknown`, `key_file_missing` */
  unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Buffer>;
}

/** What a data key is for: the service, its purpose and the version of the data key. */
export type KeyContext = Readonly<Record<'service' | 'purpose' | 'version', string>>;

export interface WrappedKey {
  /** Of the provider's key. */
  readonly keyVersion: string;
  readonly wrapped: Buffer;
}
