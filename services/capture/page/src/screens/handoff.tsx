import { useEffect, useRef, useState } from 'preact/hooks';
import type { Say } from '../texts/catalogue.ts';
import '../style/handoff.css';
import { LinkOffIcon } from '../icons.tsx';
import { Heading } from './heading.tsx';

interface HandoffProps {
  /** What the code leads to. */
  readonly link: string;
  /** The application wants no computers. */
  readonly isForced: boolean;
  /** The link leads to this computer only, so no phone can follow it. */
  readonly isLoopback: boolean;
  readonly say: Say;
  readonly stay: () => void;
}

/** The way from a computer to a phone: a code, the same in words, and the link for those who cannot scan. */
export function Handoff({ link, isForced, isLoopback, say, stay }: HandoffProps) {
  return (
    <>
      <div class="scroll handoff">
        <Heading>{say('handoff.title')}</Heading>
        {isForced ? <p>{say('handoff.forced')}</p> : null}
        {isLoopback ? <NoCode say={say} /> : <WithCode link={link} say={say} />}
        <CopyLink link={link} say={say} />
      </div>
      <div class="actions">
        {isForced && !isLoopback ? null : (
          <button type="button" class={isLoopback ? 'primary' : 'secondary'} onClick={stay}>
            {say('handoff.stay')}
          </button>
        )}
      </div>
    </>
  );
}

function WithCode({ link, say }: { link: string; say: Say }) {
  return (
    <>
      <Code link={link} label={say('handoff.code')} />
      <ol>
        <li>{say('handoff.step_camera')}</li>
        <li>{say('handoff.step_scan')}</li>
        <li>{say('handoff.step_back')}</li>
      </ol>
    </>
  );
}

/** Why no code is here, for who tries the page out, and what to set for who runs it. */
function NoCode({ say }: { say: Say }) {
  return (
    <>
      <div class="symbol warn">
        <LinkOffIcon />
      </div>
      <p>{say('handoff.loopback')}</p>
      <p class="note">{say('handoff.developers', { setting: 'PUBLIC_BASE_URL' })}</p>
    </>
  );
}

/** The code: dark on white in every colour scheme, because not every camera reads the reverse. */
function Code({ link, label }: { link: string; label: string }) {
  const [code, setCode] = useState<{ path: string; size: number } | null>(null);
  useEffect(() => {
    let isWanted = true;
    // Without its code the screen still has the link.
    void draw(link).then(
      (drawn) => isWanted && setCode(drawn),
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [link]);
  const side = (code?.size ?? 21) + 2 * quietZone;
  return (
    <svg
      class="code"
      role="img"
      aria-label={label}
      viewBox={`${-quietZone} ${-quietZone} ${side} ${side}`}
      shape-rendering="crispEdges"
    >
      {code === null ? null : <path d={code.path} />}
    </svg>
  );
}

/** Modules of white around a code that its standard asks for. */
const quietZone = 4;

/** The dark modules as one path, row by row. */
async function draw(link: string): Promise<{ path: string; size: number }> {
  const { correction, generate } = await import('lean-qr/nano');
  const code = generate(link, { minCorrectionLevel: correction.M });
  let path = '';
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      const from = x;
      while (x < code.size && code.get(x, y)) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  }
  return { path, size: code.size };
}

/** After this long the button says again what it does. */
const copiedMs = 4_000;

/** The link by the clipboard, or to be selected where the browser keeps that from us. */
function CopyLink({ link, say }: { link: string; say: Say }) {
  const [outcome, setOutcome] = useState<'none' | 'copied' | 'by_hand'>('none');
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setOutcome('copied');
    } catch {
      setOutcome('by_hand');
    }
  };
  useEffect(() => {
    if (outcome === 'by_hand') field.current?.select();
    if (outcome !== 'copied') return;
    const timer = setTimeout(() => setOutcome('none'), copiedMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <div class="copy">
      <button type="button" class="quiet" onClick={() => void copy()}>
        {say('handoff.copy')}
      </button>
      <p role="status">{outcome === 'copied' ? say('handoff.copied') : ''}</p>
      {outcome === 'by_hand' ? (
        <label>
          {say('handoff.copy_by_hand')}
          <input ref={field} type="text" readOnly value={link} dir="ltr" />
        </label>
      ) : null}
    </div>
  );
}
