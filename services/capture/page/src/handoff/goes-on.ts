import type { SessionView } from '../../../src/wire.ts';

/** What a page knows of its part in a session that ended. */
export interface Part {
  /** It was opened by another page's code. */
  readonly handedOver: boolean;
  /** Another page has taken part: it was opened by this one's code, or was heard of. */
  readonly handedOn: boolean;
  /** The picture that was judged is this page's. */
  readonly tookPicture: boolean;
}

/**
 * Whether this page goes on to the callback. `initiator`: where the user began, which is every page that no code opened.
 * `completer`: where the picture was taken; a page that knows of no other is alone, and both.
 */
export function goesOn(method: SessionView['callback_method'], part: Part): boolean {
  switch (method) {
    case 'both':
      return true;
    case 'initiator':
      return !part.handedOver;
    case 'completer':
      return part.tookPicture || !(part.handedOver || part.handedOn);
  }
}
