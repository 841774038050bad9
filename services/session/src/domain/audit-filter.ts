/** Which calls of an application's log are shown; undefined = no matter. */
export interface AuditFilter {
  readonly from: Date | undefined;
  /** Exclusive. */
  readonly before: Date | undefined;
  readonly method: string | undefined;
  /** A part of it. */
  readonly path: string | undefined;
  readonly status: number | undefined;
  /** An address, or a range as CIDR. */
  readonly ipAddress: string | undefined;
  /** Id of an API key, or login of an operator. */
  readonly actor: string | undefined;
  readonly service: string | undefined;
}
