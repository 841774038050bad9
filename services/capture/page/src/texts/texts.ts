import type { FaceProblem } from '../../../src/wire.ts';
import type { CameraTrouble } from '../look/camera.ts';
import type { EndReason } from '../flow.ts';
import type { Hint } from '../guidance.ts';

/** A headline and what it means for the user. */
export interface Notice {
  readonly title: string;
  readonly body: string;
}

/** The application's public name, put into a sentence. */
export type Named = (application: string) => string;

/** Every word of the page. A language is one object of this type, so a missing text does not compile. */
export interface Texts {
  readonly pageTitle: string;
  readonly leave: string;
  readonly tryAgain: string;
  readonly done: string;
  readonly backTo: Named;
  readonly poweredBy: string;
  readonly loading: string;
  readonly welcome: {
    readonly asks: Named;
    readonly titleMatch: string;
    readonly titleEnrol: string;
    readonly titleCheck: string;
    readonly look: Notice;
    readonly check: Notice;
    readonly checkMatch: string;
    readonly finish: Notice & { readonly named: Named };
    readonly privacyTitle: string;
    readonly notKept: string;
    readonly compared: Named;
    readonly onlyResult: string;
    readonly templateKept: Named;
    readonly agree: string;
  };
  readonly asking: Notice;
  readonly trouble: Record<CameraTrouble, Notice> & { readonly openTab: string };
  readonly hints: Record<Hint, string>;
  readonly stage: string;
  readonly shutter: string;
  readonly uploading: string;
  readonly checking: string;
  readonly waitingForLink: string;
  readonly stuck: Notice;
  readonly again: { readonly title: string; readonly triesLeft: (tries: number) => string };
  readonly problems: Record<FaceProblem, string>;
  /** `wait` with the time from which one may try again and how far off it is, both as people write them. */
  readonly locked: {
    readonly title: string;
    readonly wait: (time: string, wait: string) => string;
    readonly over: string;
  };
  readonly deciding: Notice;
  readonly approved: { readonly title: string; readonly body: Named; readonly enrolled: Named };
  readonly inReview: { readonly title: string; readonly body: Named };
  readonly declined: { readonly title: string; readonly matched: Named; readonly body: Named };
  readonly finished: { readonly title: string; readonly body: Named };
  readonly redirecting: (seconds: number) => string;
  readonly mayClose: string;
  readonly left: Notice & { readonly resume: string };
  readonly ended: Record<EndReason, Notice>;
}
