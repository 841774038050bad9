import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type Attributes,
  type Context,
  context,
  DiagLogLevel,
  diag,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type Environment, readSettings, traceSettings } from './config.ts';
import { errorCode, isFault } from './errors.ts';
import type { Log } from './log.ts';
import { leadExemplarsTo } from './metrics.ts';
import { createSampling } from './sampling.ts';

const exportTimeoutMs = 3_000;
/** Spans that wait for the collector. A trace that is kept brings all that was held of it at once. */
const exportQueue = 8_192;

/**
 * Starts tracing for this process: W3C context through async calls, spans of undici and fetch, and OTLP/HTTP export
 * of what `sampling.ts` keeps to `$OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces`. Without that variable nothing is recorded, yet trace ids still travel,
 * so that logs of neighbours can be joined. Once per process; `run` does it for a service.
 * @param log hears when spans cannot be exported
 */
export function startTelemetry(
  service: string,
  environment: Environment,
  log?: Log,
): { stop(): Promise<void> } {
  if (log) complainTo(log);
  const endpoint = environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  // A wrong URL is reported by readSettings, together with every other mistake.
  const exports = endpoint !== undefined && URL.canParse(endpoint);
  const provider = exports ? exportingProvider(service, endpoint, environment) : silentProvider();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  const stopFollowing = exports ? traceRequests() : carryTraceIds();
  return {
    /** Exports what is left; spans that the collector does not take are lost. */
    async stop() {
      stopFollowing();
      await provider.shutdown().catch((err) => log?.warn({ err }, 'the last spans were not exported'));
    },
  };
}

function complainTo(log: Log): void {
  const warn = (message: string) => log.warn({ reason: message.slice(0, 300) }, 'tracing is in trouble');
  const ignore = () => {};
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

function exportingProvider(service: string, endpoint: string, environment: Environment): TracerProvider {
  const delayMs = Number(environment.OTEL_BSP_SCHEDULE_DELAY);
  const exporting = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      timeoutMillis: exportTimeoutMs,
    }),
    exportTimeoutMillis: exportTimeoutMs,
    maxQueueSize: exportQueue,
    ...(delayMs > 0 ? { scheduledDelayMillis: delayMs } : {}),
  });
  const sampling = createSampling(exporting, samplingFrom(environment));
  leadExemplarsTo(sampling.isKept);
  return new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service })),
    // Whatever a caller thinks of it: what happens in a trace decides.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [sampling],
  });
}

function samplingFrom(environment: Environment): { ratio: number; slowMs: number } {
  try {
    const { tracesRatio, tracesSlowMs } = readSettings(traceSettings, environment);
    return { ratio: tracesRatio, slowMs: tracesSlowMs };
  } catch {
    // The service is told of every mistake when it reads its own settings, and does not start.
    return { ratio: 0, slowMs: 1_000 };
  }
}

function silentProvider(): TracerProvider {
  return new TracerProvider({ sampler: new AlwaysOffSampler() });
}

/** A span for every request of undici and fetch. @returns how to stop */
function traceRequests(): () => void {
  const undici = new UndiciInstrumentation({ startSpanHook: (request) => publicUrl(request.origin) });
  return () => undici.disable();
}

/** Where nothing is recorded, requests carry the ids of the active span without a span of their own. */
function carryTraceIds(): () => void {
  const setter = {
    set: (request: OutgoingRequest, name: string, value: string) => request.addHeader(name, value),
  };
  const onRequest = (message: unknown) =>
    propagation.inject(context.active(), (message as { request: OutgoingRequest }).request, setter);
  subscribe('undici:request:create', onRequest);
  return () => void unsubscribe('undici:request:create', onRequest);
}

/** What undici's diagnostics channel tells of a request. */
interface OutgoingRequest {
  addHeader(name: string, value: string): void;
}

/** Paths and queries of the URLs we call may carry tokens: spans name the host alone. */
function publicUrl(origin: string): Attributes {
  return { 'url.full': origin, 'url.path': undefined, 'url.query': undefined };
}

/**
 * Runs `run` in a span. A thrown error is told by its code, never by its message, and thrown on. It marks the span as failed
 * unless it is a refusal, which is an answer like any other; to a consumer every error is a failure, since the event comes again.
 * @param options.parent the context to continue, the active one by default
 * @param options.ended called, still in the trace, when the span has ended; with the error if there was one
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  run: (span: Span) => Promise<T>,
  options: { kind?: SpanKind; parent?: Context; ended?: (error?: unknown) => void } = {},
): Promise<T> {
  const { kind = SpanKind.INTERNAL, parent = context.active(), ended } = options;
  return trace.getTracer('selfsame').startActiveSpan(name, { kind, attributes }, parent, async (span) => {
    try {
      const result = await run(span);
      span.end();
      ended?.();
      return result;
    } catch (error) {
      span.setAttribute('error.type', errorCode(error));
      if (kind === SpanKind.CONSUMER || isFault(error)) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      ended?.(error);
      throw error;
    }
  });
}
