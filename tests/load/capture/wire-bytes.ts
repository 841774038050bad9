import type { CDPSession } from 'playwright-core';

/** Bytes of one visit as they cross the wire, headers and compression included. */
export interface WireBytes {
  /** Downwards, until a moment in milliseconds since the navigation began. */
  down(untilMs?: number): number;
  /** Everything upwards: pictures, thumbnails and bodies of other requests. */
  up(): number;
  /** What the uploads of looks carried: the bundles, without headers. */
  uploads(): number;
  /** When the last picture began to be sent, milliseconds since the navigation began. */
  sentAtMs(): number | undefined;
}

/** Counts from now on; the first request is the navigation. */
export async function countBytes(cdp: CDPSession): Promise<WireBytes> {
  const loads: { atMs: number; bytes: number }[] = [];
  let startMs: number | undefined;
  let sentAtMs: number | undefined;
  let up = 0;
  // A request is told of twice, its address and its headers, in either order.
  const uploadIds = new Set<string>();
  const bodies = new Map<string, number>();
  const since = (seconds: number) => seconds * 1000 - (startMs ?? 0);
  cdp.on('Network.requestWillBeSent', ({ requestId, timestamp, request }) => {
    startMs ??= timestamp * 1000;
    if (!/\/attempts\/[^/]+$/.test(request.url)) return;
    sentAtMs = since(timestamp);
    uploadIds.add(requestId);
  });
  cdp.on('Network.loadingFinished', ({ timestamp, encodedDataLength }) => {
    loads.push({ atMs: since(timestamp), bytes: encodedDataLength });
  });
  cdp.on('Network.webSocketFrameSent', ({ response }) => {
    // Binary frames come as base64.
    up += response.opcode === 2 ? (response.payloadData.length * 3) / 4 : response.payloadData.length;
  });
  cdp.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const length = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length');
    const bytes = Number(length?.[1] ?? 0);
    up += bytes;
    bodies.set(requestId, (bodies.get(requestId) ?? 0) + bytes);
  });
  await cdp.send('Network.enable');
  return {
    down: (untilMs = Number.POSITIVE_INFINITY) =>
      loads.filter(({ atMs }) => atMs <= untilMs).reduce((sum, { bytes }) => sum + bytes, 0),
    up: () => up,
    uploads: () => [...uploadIds].reduce((sum, id) => sum + (bodies.get(id) ?? 0), 0),
    sentAtMs: () => sentAtMs,
  };
}
