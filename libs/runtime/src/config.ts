import { logLevels } from './log.ts';

/** Environment variables, usually `process.env`. */
export type Environment = Record<string, string | undefined>;

/** One variable: its name and how its text becomes a value. An empty variable counts as unset. */
export interface Setting<T> {
  readonly name: string;
  /** @throws Mistake with the reason, never with the text of a secret */
  read(text: string | undefined): T;
}

/** The process cannot start as configured; the message holds one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

class Mistake extends Error {}

function define<T>(name: string, fallback: T | undefined, parse: (text: string) => T, hint = ''): Setting<T> {
  const withHint = (reason: string) => new Mistake(hint === '' ? reason : `${reason} (${hint})`);
  return {
    name,
    read(text) {
      if (text === undefined || text.trim() === '') {
        if (fallback === undefined) throw withHint('is not set');
        return fallback;
      }
      try {
        return parse(text.trim());
      } catch (error) {
        throw error instanceof Mistake ? withHint(error.message) : error;
      }
    },
  };
}

/** Text that is safe to repeat in a mistake: only for settings that never hold a secret. */
const quote = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function parseInteger(text: string, min: number, max: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new Mistake(`must be a whole number from ${min} to ${max}, not ${quote(text)}`);
}

function parseUrl(text: string, protocols: string[]): string {
  const url = URL.parse(text);
  if (url === null) throw new Mistake('must be a URL');
  if (protocols.length > 0 && !protocols.includes(url.protocol.slice(0, -1))) {
    throw new Mistake(`must be a URL that starts with ${protocols.map((p) => `${p}://`).join(' or ')}`);
  }
  return text;
}

function parseKey(text: string, bytes: number): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    throw new Mistake('must be base64');
  }
  if (key.length !== bytes) throw new Mistake(`must hold ${bytes} bytes, holds ${key.length}`);
  return key;
}

/** The kinds of settings. Each is required unless it has a default. */
export const setting = {
  string(name: string, options: { default?: string; pattern?: RegExp; hint?: string } = {}): Setting<string> {
    const { pattern } = options;
    return define(
      name,
      options.default,
      (text) => {
        if (pattern && !pattern.test(text)) throw new Mistake(`must match ${pattern}`);
        return text;
      },
      options.hint,
    );
  },

  optionalString(name: string): Setting<string | undefined> {
    return { name, read: (text) => text?.trim() || undefined };
  },

  integer(
    name: string,
    options: { default?: number; min?: number; max?: number; hint?: string } = {},
  ): Setting<number> {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
    return define(name, options.default, (text) => parseInteger(text, min, max), options.hint);
  },

  boolean(name: string, options: { default: boolean }): Setting<boolean> {
    return define(name, options.default, (text) => {
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      throw new Mistake(`must be true or false, not ${quote(text)}`);
    });
  },

  url(
    name: string,
    options: { default?: string; protocols?: string[]; hint?: string } = {},
  ): Setting<string> {
    return define(name, options.default, (text) => parseUrl(text, options.protocols ?? []), options.hint);
  },

  oneOf<const T extends string>(
    name: string,
    values: readonly T[],
    options: { default?: T } = {},
  ): Setting<T> {
    return define(name, options.default, (text) => {
      const value = values.find((candidate) => candidate === text);
      if (value === undefined) throw new Mistake(`must be one of ${values.join(', ')}, not ${quote(text)}`);
      return value;
    });
  },

  /** Comma separated; spaces around and empty items are dropped. */
  list(name: string, options: { default?: string[] } = {}): Setting<string[]> {
    return define(name, options.default, (text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
  },

  /** Text that has rules of its own; its reader answers with the value or says what is wrong, without repeating it. */
  parsed<T>(
    name: string,
    options: { default: string; read: (text: string) => { value: T } | { mistake: string } },
  ): Setting<T> {
    const read = (text: string): T => {
      const result = options.read(text);
      if ('mistake' in result) throw new Mistake(result.mistake);
      return result.value;
    };
    return define(name, read(options.default), read);
  },

  /** Secret bytes in base64. */
  key(name: string, options: { bytes: number }): Setting<Buffer> {
    const hint = `make one with: openssl rand -base64 ${options.bytes}`;
    return define(name, undefined, (text) => parseKey(text, options.bytes), hint);
  },
};

/** Settings that services have in common; a service picks what it needs. */
export const sharedSettings = {
  host: setting.string('HOST', { default: '127.0.0.1' }),
  httpPort: setting.integer('HTTP_PORT', { min: 0, max: 65535 }),
  grpcPort: setting.integer('GRPC_PORT', { min: 0, max: 65535 }),
  databaseUrl: setting.url('DATABASE_URL', { protocols: ['postgres', 'postgresql'] }),
  natsUrl: setting.url('NATS_URL', { protocols: ['nats', 'tls'] }),
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: setting.list('TRUSTED_PROXIES', { default: ['127.0.0.0/8', '::1/128'] }),
};

/** The same for commands: whoever types one has no environment of a service around. */
export const commandDatabaseUrl: Setting<string> = {
  name: sharedSettings.databaseUrl.name,
  read(text) {
    if (text?.trim()) return sharedSettings.databaseUrl.read(text);
    throw new Mistake(`is not set: give it the service's own.
After npm start: export DATABASE_URL=$(node -p "require('./.selfsame/local.json').database_url")
In a cluster a pod of the service has it: run the command there by kubectl exec`);
  },
};

/** Which traces are exported, see `sampling.ts`. */
export const traceSettings = {
  /** Of all traces that come in; those with an error or a slow answer are exported anyway. */
  tracesRatio: setting.parsed('TRACES_RATIO', { default: '1', read: readRatio }),
  tracesSlowMs: setting.integer('TRACES_SLOW_MS', { default: 1_000, min: 1, max: 3_600_000 }),
};

function readRatio(text: string): { value: number } | { mistake: string } {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && value <= 1 ? { value } : { mistake: 'must be a number from 0 to 1' };
}

/** For all closings of a process, unless the environment says otherwise. The local launcher allows less than 10 s. */
export const defaultStopTimeoutMs = 8_000;

const stopTimeout = setting.integer('STOP_TIMEOUT_MS', {
  default: defaultStopTimeoutMs,
  min: 100,
  max: 3_600_000,
});

/** How long a process may take to close all that it holds, what is under way included. */
export function readStopTimeoutMs(environment: Environment): number {
  try {
    return stopTimeout.read(environment[stopTimeout.name]);
  } catch {
    // The service is told of every mistake when it reads its own settings, and does not start.
    return defaultStopTimeoutMs;
  }
}

/** Checked for every process; used by `run`, which needs a log and traces before the settings are known. */
const processSettings = {
  stopTimeoutMs: stopTimeout,
  logLevel: setting.oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  traceCollector: setting.url('OTEL_EXPORTER_OTLP_ENDPOINT', { default: '', protocols: ['http', 'https'] }),
  ...traceSettings,
  /** Who this process is in calls between services, see `readGrpcTls`. */
  grpcTlsCertificate: setting.optionalString('GRPC_TLS_CERT'),
  grpcTlsKey: setting.optionalString('GRPC_TLS_KEY'),
  grpcTlsAuthority: setting.optionalString('GRPC_TLS_CA'),
};

/**
 * Reads all settings at once.
 * @throws ConfigError whose message names every variable and reason, one per line
 */
export function readSettings<T extends Record<string, Setting<unknown>>>(
  settings: T,
  environment: Environment,
): Readonly<{ [K in keyof T]: T[K] extends Setting<infer Value> ? Value : never }> {
  const values: Record<string, unknown> = {};
  const mistakes = new Set<string>();
  for (const [property, each] of Object.entries({ ...processSettings, ...settings })) {
    try {
      values[property] = each.read(environment[each.name]);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      mistakes.add(`${each.name} ${error.message}`);
    }
  }
  if (mistakes.size > 0) throw new ConfigError([...mistakes]);
  return values as { [K in keyof T]: T[K] extends Setting<infer Value> ? Value : never };
}
