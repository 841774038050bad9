/** What a browser tells of its device. */
export interface DeviceFacts {
  /** User-agent client hints: whether it calls itself mobile; undefined where there are none. */
  readonly isMobileHint: boolean | undefined;
  readonly userAgent: string;
  readonly touchPoints: number;
  /** The main pointer is a finger: `(pointer: coarse)`. */
  readonly hasCoarsePointer: boolean;
}

/**
 * Whether this is a computer rather than a phone or tablet, which can be held before a face. Who doubts says no: a phone
 * that is offered a code for a phone is odd, a computer that is not loses a convenience.
 */
export function isDesktop(facts: DeviceFacts = factsHere()): boolean {
  const { isMobileHint, userAgent, touchPoints, hasCoarsePointer } = facts;
  if (isMobileHint === true || /Mobi|Android|iPhone|iPad|iPod|Silk|Kindle|PlayBook/i.test(userAgent))
    return false;
  // Safari on a tablet says that it runs on a Mac, and no Mac has a touch screen.
  if (/Macintosh/.test(userAgent)) return touchPoints < 2;
  if (/Windows NT|X11|Linux|CrOS/.test(userAgent))
    return !(hasCoarsePointer && touchPoints > 0) || isMobileHint === false;
  return false;
}

/** Whether an address leads to the machine that it is opened on, so that no other device can follow it. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

function factsHere(): DeviceFacts {
  const { userAgentData } = navigator as { userAgentData?: { mobile?: boolean } };
  return {
    isMobileHint: userAgentData?.mobile,
    userAgent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints ?? 0,
    hasCoarsePointer: matchMedia('(pointer: coarse)').matches,
  };
}
