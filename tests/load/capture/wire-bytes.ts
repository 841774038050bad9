import type { CDPSession } from 'playwright-core';

/** Bytes of one visit as they cross the wire, headers and compression included. */
export interface WireBytes {
  /** Downwards, until a moment in milliseconds since the navigation began. */
  down(untilMs?: number): number;
  /** Pictures and thumbnails upwards. */
  up(): number;
  /** When the last picture began to be sent, milliseconds since the navigation began. */
  sentAtMs(): number | undefined;
}

/** Counts from now on; the first request is the navigation. */
export async function countBytes(cdp: CDPSession): Promise<WireBytes> {
  const loads: { atMs: number; bytes: number }[] = [];
  let startMs: number | undefined;
  let sentAtMs: number | undefined;
  let up = 0;
  const since = (seconds: number) => seconds * 1000 - (startMs ?? 0);
  cdp.on('Network.requestWillBeSent', ({ timestamp, request }) => {
    startMs ??= timestamp * 1000;
    if (!/\/attempts\/[^/]+$/.test(request.url)) return;
    sentAtMs = since(timestamp);
  });
  cdp.on('Network.loadingFinished', ({ timestamp, encodedDataLength }) => {
    loads.push({ atMs: since(timestamp), bytes: encodedDataLength });
  });
  cdp.on('Network.webSocketFrameSent', ({ response }) => {
    // Binary frames come as base64.
    up += response.opcode === 2 ? (response.payloadData.length * 3) / 4 : response.payloadData.length;
  });
  cdp.on('Network.requestWillBeSentExtraInfo', ({ headers }) => {
    const length = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length');
    up += Number(length?.[1] ?? 0);
  });
  await cdp.send('Network.enable');
  return {
    down: (untilMs = Number.POSITIVE_INFINITY) =>
      loads.filter(({ atMs }) => atMs <= untilMs).reduce((sum, { bytes }) => sum + bytes, 0),
    up: () => up,
    sentAtMs: () => sentAtMs,
  };
}
