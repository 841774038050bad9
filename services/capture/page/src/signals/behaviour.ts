import type { Moments } from '../moments.ts';
import { roundTrips } from './link.ts';
import { watchMotion } from './motion.ts';
import type { Found } from './part.ts';
import { followPointer } from './pointer-path.ts';

/** How the page is used: numbers of times and movements, never where something was or what was written. */
export interface Behaviour {
  found(): Found;
}

/** A mouse that clicks farther from where it was seen last has jumped, CSS pixels. */
const jumpPx = 40;
/** A page that scrolls so long after anybody touched it scrolls by itself, milliseconds. */
const ownScrollMs = 1_500;
/** Wheels of mice turn in notches of so much at least. */
const notchPx = 50;

/** Watches from now on, until the page is gone. */
export function watchBehaviour(moments: Moments): Behaviour {
  const path = followPointer();
  const taps: number[] = [];
  const touches: string[] = [];
  let firstInputAt: number | null = null;
  let [untrusted, clicks, jumps, focusChanges, turns] = [0, 0, 0, 0, 0];
  let [hiddenSince, hiddenMs] = [document.hidden ? performance.now() : 0, 0];
  let lastActedAt = Number.NEGATIVE_INFINITY;
  let scroll = 'none';

  const hear = <Type extends keyof WindowEventMap>(
    type: Type,
    heard: (event: WindowEventMap[Type]) => void,
    target: EventTarget = window,
  ) => target.addEventListener(type, heard as EventListener, { capture: true, passive: true });

  for (const type of ['pointerdown', 'mousedown', 'click', 'keydown', 'touchstart'] as const) {
    hear(type, (event) => {
      if (!event.isTrusted) untrusted += 1;
      lastActedAt = event.timeStamp;
      firstInputAt ??= event.timeStamp;
    });
  }
  hear('pointermove', ({ clientX, clientY, timeStamp, pointerType }) => {
    if (pointerType !== 'touch') path.moved(clientX, clientY, timeStamp);
  });
  hear('pointerdown', (event) => {
    if (event.pointerType === 'touch') touches.push(`${event.width} ${event.height} ${event.pressure}`);
    const middle = middleOf(event.target);
    if (middle !== null) taps.push(Math.hypot(event.clientX - middle.x, event.clientY - middle.y));
  });
  hear('click', (event) => {
    // Keys, and those who speak or switch instead of pointing, click without a pointer.
    if (event.detail === 0 || (event as PointerEvent).pointerType !== 'mouse') return;
    clicks += 1;
    if ((path.distanceTo(event.clientX, event.clientY) ?? Number.POSITIVE_INFINITY) > jumpPx) jumps += 1;
  });
  hear('wheel', ({ deltaY, timeStamp }) => {
    lastActedAt = timeStamp;
    scroll = Math.abs(deltaY) >= notchPx && Number.isInteger(deltaY) ? 'stepped' : 'smooth';
  });
  hear('touchmove', ({ timeStamp }) => {
    lastActedAt = timeStamp;
  });
  hear('scroll', ({ timeStamp }) => {
    if (timeStamp - lastActedAt > ownScrollMs) scroll = 'scripted';
    else if (scroll === 'none') scroll = 'smooth';
  });
  hear('blur', ({ target }) => {
    if (target === window) focusChanges += 1;
  });
  const turn = () => {
    turns += 1;
  };
  screen.orientation?.addEventListener?.('change', turn);
  document.addEventListener('visibilitychange', () => {
    focusChanges += 1;
    if (document.hidden) hiddenSince = performance.now();
    else hiddenMs += performance.now() - hiddenSince;
  });
  const motion = watchMotion();

  return {
    found() {
      const seenAt = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
      const before = performance.getEntriesByType('first-input')[0]?.startTime;
      const firstAt = before === undefined ? firstInputAt : Math.min(before, firstInputAt ?? before);
      const since = (atMs: number | undefined) => (atMs === undefined ? null : Math.max(0, atMs - seenAt));
      const { agreedAtMs, capturedAtMs, uploadKbps, isHandedOver } = moments;
      return {
        ...path.found(),
        ...motion(),
        ...roundTrips(),
        first_input_ms: since(firstAt ?? undefined),
        consent_ms: since(agreedAtMs),
        capture_ms: since(capturedAtMs),
        click_unmoved: clicks === 0 ? null : jumps > 0,
        untrusted_events: untrusted,
        touches: touches.length,
        touch_constant: touches.length < 3 ? null : new Set(touches).size === 1,
        tap_spread_px: taps.length < 2 ? null : deviationOf(taps),
        scroll,
        focus_changes: focusChanges,
        hidden_ms: hiddenMs + (document.hidden ? performance.now() - hiddenSince : 0),
        back_navigation: isFromBack(),
        orientation_changes: turns,
        handed_over: isHandedOver,
        upload_kbps: uploadKbps ?? null,
      };
    },
  };
}

/** The middle of what was tapped, if it is something that one taps. */
function middleOf(target: EventTarget | null): { x: number; y: number } | null {
  const tapped = target instanceof Element ? target.closest('button, a') : null;
  if (tapped === null) return null;
  const { left, top, width, height } = tapped.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

function deviationOf(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length);
}

function isFromBack(): boolean {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return entry?.type === 'back_forward';
}
