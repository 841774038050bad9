/** Moments of one visit, milliseconds since its navigation began; undefined while they have not come. */
export interface Moments {
  /** The welcome's button is there and the page is free to hear it. */
  readonly interactive?: number;
  /** The user agreed; the user pressed the shutter. */
  readonly agreed?: number;
  readonly tapped?: number;
  /** The verdict stands on the screen. */
  readonly verdict?: number;
}

/** Writes down the moments in `window.moments`; runs in the page before its own code. */
export function watchMoments(): void {
  const moments: { -readonly [Name in keyof Moments]: number } = {};
  Object.defineProperty(window, 'moments', { value: moments });
  const now = () => performance.now();
  // Drawn and idle: a script that still runs would let a tap wait.
  const settled = (then: () => void) => requestAnimationFrame(() => setTimeout(then));
  let isWelcomed = false;
  const watch = new MutationObserver(() => {
    if (!isWelcomed && document.querySelector('button.primary') !== null) {
      isWelcomed = true;
      settled(() => {
        moments.interactive = now();
      });
    }
    const isVerdict = /confirmed|closer look|couldn’t confirm/i.test(
      document.querySelector('h1')?.textContent ?? '',
    );
    if (isVerdict) moments.verdict ??= now();
  });
  watch.observe(document, { childList: true, subtree: true, characterData: true });
  addEventListener(
    'click',
    ({ target }) => {
      if (!(target instanceof Element)) return;
      if (target.closest('.shutter')) moments.tapped ??= now();
      else if (target.closest('button.primary')) moments.agreed ??= now();
    },
    { capture: true },
  );
}
