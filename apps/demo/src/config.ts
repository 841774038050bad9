/** Everything the demo can be told. Secrets never leave this object. */
export interface DemoConfig {
  host: string;
  port: number;
  /** Origin of the Selfsame installation, without a trailing slash. */
  baseUrl: string;
  /** Where browsers reach this demo, without a trailing slash. */
  publicUrl: string;
  apiKey: string;
  /** Workflow of each purpose: one that enrols, and one that compares with the enrolled face. */
  workflows: Readonly<{ create: string; sign_in: string }>;
  /** Webhook secret by the last segment of /demo/webhooks/{application}. */
  webhookSecrets: Readonly<Record<string, string>>;
  logLevel: string;
}

/** The settings are wrong; the message names every one of them, a line each. */
export class ConfigError extends Error {}

/** Reads the environment. @throws ConfigError */
export function readConfig(environment: Record<string, string | undefined>): Readonly<DemoConfig> {
  const mistakes: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = environment[name]?.trim() || fallback;
    if (value === undefined) mistakes.push(`${name} is missing`);
    return value ?? '';
  };
  const url = (name: string, fallback?: string): string => {
    const value = text(name, fallback);
    if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
      mistakes.push(`${name} must be an http or https URL, for example http://127.0.0.1:8080`);
    return value.replace(/\/+$/, '');
  };
  const port = Number(text('HTTP_PORT', '8085'));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) mistakes.push('HTTP_PORT must be a port number');

  const baseUrl = url('SELFSAME_BASE_URL');
  const partnerSecret = environment.PARTNER_WEBHOOK_SECRET;
  const config: DemoConfig = {
    host: text('HOST', '127.0.0.1'),
    port,
    baseUrl,
    publicUrl: environment.DEMO_PUBLIC_URL ? url('DEMO_PUBLIC_URL') : `${baseUrl}/demo`,
    apiKey: text('DEMO_API_KEY'),
    workflows: {
      create: text('DEMO_CREATE_WORKFLOW', 'wf_first_verification'),
      sign_in: text('DEMO_SIGN_IN_WORKFLOW', 'wf_reauth'),
    },
    webhookSecrets: {
      demo: text('DEMO_WEBHOOK_SECRET'),
      ...(partnerSecret ? { partner_b: partnerSecret } : {}),
    },
    logLevel: text('LOG_LEVEL', 'info'),
  };
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'));
  return Object.freeze(config);
}
