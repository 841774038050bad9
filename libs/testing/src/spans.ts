import { startReceiver } from './receiver.ts';

export interface CollectedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  /** Undefined for a root span. */
  parentSpanId: string | undefined;
  /** OTLP numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  /** OTLP numbers: 0 unset, 1 ok, 2 error. */
  status: number;
  /** Unix time in milliseconds, with its fraction. */
  startMs: number;
  durationMs: number;
}

/** The parts of OTLP/HTTP JSON that tests look at. */
interface TraceExport {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans?: { spans?: OtlpSpan[] }[];
  }[];
}
interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
}
interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

/** Collects what a process exports when `OTEL_EXPORTER_OTLP_ENDPOINT` is set to `endpoint` (OTLP/HTTP, JSON). */
export async function startSpanCollector(): Promise<{
  endpoint: string;
  spans(): CollectedSpan[];
  close(): Promise<void>;
}> {
  const receiver = await startReceiver();
  receiver.answer((request) =>
    request.headers['content-type']?.includes('json')
      ? { status: 200, body: '{}', headers: { 'content-type': 'application/json' } }
      : { status: 415, body: 'the collector of the tests reads OTLP as JSON' },
  );
  return {
    endpoint: receiver.url,
    spans: () =>
      receiver.requests
        .filter((request) => request.path === '/v1/traces')
        .flatMap((request) => readExport(JSON.parse(request.rawBody.toString()) as TraceExport)),
    close: receiver.close,
  };
}

function readExport(traces: TraceExport): CollectedSpan[] {
  return (traces.resourceSpans ?? []).flatMap((entry) => {
    const service = String(readAttributes(entry.resource?.attributes)['service.name'] ?? '');
    const spans = (entry.scopeSpans ?? []).flatMap((scope) => scope.spans ?? []);
    return spans.map((span) => ({
      service,
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId || undefined,
      kind: span.kind,
      attributes: readAttributes(span.attributes),
      links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      status: span.status?.code ?? 0,
      startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
      durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    }));
  });
}

function readAttributes(attributes: KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
