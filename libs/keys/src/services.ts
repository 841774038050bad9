/** The variable of each service that seals: it holds its key of the provider `environment`, and what version 1 is made of. */
export const keyVariables = {
  biometrics: 'BIOMETRIC_KEY',
  'fraud-signals': 'SIGNALS_KEY',
  session: 'SESSION_TOKEN_KEY',
  share: 'SHARE_KEY',
  'webhook-dispatcher': 'WEBHOOK_SECRET_KEY',
} as const satisfies Record<string, string>;

export type SealingService = keyof typeof keyVariables;

/** Those that sign what they say; their keys to sign with lie sealed under the data keys of the purpose of the same name. */
export const signingServices: readonly SealingService[] = ['session', 'share'];
