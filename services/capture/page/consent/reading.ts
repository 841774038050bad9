/** For so long what is asked has to be looked at before a press counts. */
const heldMs = 1_000;

/** How long a text is before somebody's eyes. */
export interface Reading {
  /** Whether it has been looked at for a moment without a break: a press that was meant for another window is none. */
  readonly isArmed: boolean;
  /** Milliseconds since the text appeared, without those when the page was hidden. */
  shownMs(): number;
  /** Another text is on the screen. */
  restart(): void;
}

/** @param changed called when `isArmed` changes */
export function startReading(changed: () => void): Reading {
  let shownMs = 0;
  let visibleSince: number | null = null;
  let isArmed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const arm = (value: boolean) => {
    if (isArmed === value) return;
    isArmed = value;
    changed();
  };
  const look = () => {
    const isVisible = document.visibilityState === 'visible';
    const now = performance.now();
    if (isVisible) visibleSince ??= now;
    else if (visibleSince !== null) {
      shownMs += now - visibleSince;
      visibleSince = null;
    }
    clearTimeout(timer);
    if (!isLookedAt()) arm(false);
    else if (!isArmed) timer = setTimeout(() => arm(isLookedAt()), heldMs);
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
  addEventListener('blur', look);
  look();

  return {
    get isArmed() {
      return isArmed;
    },
    shownMs() {
      return Math.round(shownMs + (visibleSince === null ? 0 : performance.now() - visibleSince));
    },
    restart() {
      shownMs = 0;
      visibleSince = null;
      arm(false);
      look();
    },
  };
}

/** In front of everything else. */
function isLookedAt(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
