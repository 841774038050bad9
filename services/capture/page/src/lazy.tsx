import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A link that failed is tried again after this long. */
const againMs = 1_000;
/** A service that answers and has not got the file after so many tries has another page by now. */
const triesMax = 3;

/** A screen whose code comes when it is first needed, or sooner when it is asked for. */
export interface Lazy<Props> {
  /** Shows `waiting` until the code is there. */
  readonly Screen: (props: { props: Props; waiting: ComponentChildren }) => ComponentChildren;
  /** Fetches the code; never fails, whoever needs it asks again. */
  preload(): Promise<void>;
}

/** @param load imports the module and picks its component */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): Lazy<Props> {
  let Loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;

  function preload(): Promise<void> {
    loading ??= load().then(
      (component) => {
        Loaded = component;
      },
      () => {
        loading = null;
      },
    );
    return loading;
  }

  function Screen({ props, waiting }: { props: Props; waiting: ComponentChildren }) {
    const [turn, setTurn] = useState(0);
    // The code may come between this drawing and what follows it.
    const Drawn = Loaded;
    useEffect(() => {
      if (Drawn !== null) return;
      let timer: ReturnType<typeof setTimeout>;
      let isGone = false;
      void preload().then(() => {
        if (isGone) return;
        if (Loaded === null && turn >= triesMax) void renewPage();
        timer = setTimeout(() => setTurn(turn + 1), Loaded === null ? againMs : 0);
      });
      return () => {
        isGone = true;
        clearTimeout(timer);
      };
    }, [turn]);
    return Drawn === null ? waiting : <Drawn {...props} />;
  }

  return { Screen, preload };
}

/** Loads the page anew where the service can be reached; without a link, the page at hand is better than none. */
async function renewPage(): Promise<void> {
  const answers = await fetch(location.href, { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (answers) location.reload();
}
