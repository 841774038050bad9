import { type Setting, setting } from '@selfsame/runtime/config';

/** What the environment says of the stream. What is unset is left as an operator has it; a new stream gets the default. */
export interface StreamSettings {
  /** Servers that keep a copy; default 1. */
  readonly streamReplicas?: number | undefined;
  /** Default 1 GiB. */
  readonly streamMaxBytes?: number | undefined;
  /** How long events stay, in the stream when everybody has read them and in the outbox; default 168. */
  readonly streamMaxAgeHours?: number | undefined;
  /** How long the server remembers ids; default 120. */
  readonly duplicateWindowSeconds?: number | undefined;
  /** Files in PEM for a server behind `tls://`: who vouches for it, and who we are. Read again at each connection. */
  readonly natsAuthorityFile?: string | undefined;
  readonly natsCertificateFile?: string | undefined;
  readonly natsKeyFile?: string | undefined;
}

/** For a service's own settings, to be spread; `openBus({ …, stream: config })` takes them. The same for all services. */
export const busSettings = {
  streamReplicas: optionalInteger('NATS_STREAM_REPLICAS', { min: 1, max: 5 }),
  streamMaxBytes: optionalInteger('NATS_STREAM_MAX_BYTES', { min: 1024 ** 2 }),
  streamMaxAgeHours: optionalInteger('NATS_STREAM_MAX_AGE_HOURS', { min: 1, max: 8_760 }),
  duplicateWindowSeconds: optionalInteger('NATS_DUPLICATE_WINDOW_SECONDS', { min: 1, max: 86_400 }),
  natsAuthorityFile: setting.optionalString('NATS_TLS_CA'),
  natsCertificateFile: setting.optionalString('NATS_TLS_CERT'),
  natsKeyFile: setting.optionalString('NATS_TLS_KEY'),
};

function optionalInteger(name: string, range: { min: number; max?: number }): Setting<number | undefined> {
  const required = setting.integer(name, range);
  return { name, read: (text) => (text?.trim() ? required.read(text) : undefined) };
}

/** How long events stay. */
export function keepMs({ streamMaxAgeHours = 168 }: StreamSettings): number {
  return streamMaxAgeHours * 60 * 60 * 1000;
}
