import type { ReceivedWebhook } from './server.ts';

/** The live list: every webhook that reached this demo, with the checks of its signature. */
export function Webhooks(props: { rows: ReceivedWebhook[]; connected: boolean; mine: string | undefined }) {
  const { rows, connected } = props;
  const latest = rows[0];
  return (
    <section class="card live" aria-labelledby="live-title">
      <div class="card-head">
        <h2 id="live-title">Webhooks</h2>
        <span class={connected ? 'beat on' : 'beat'}>{connected ? 'live' : 'connecting…'}</span>
      </div>
      <p class="unseen" aria-live="polite">
        {latest && `${eventName(latest)} ${latest.body?.status ?? ''}, ${checkWords(latest)}`}
      </p>
      {rows.length === 0 ? (
        <div class="empty">
          <p>Nothing has arrived yet.</p>
          <p class="quiet">Every change of a session’s status appears here, signed, within moments.</p>
        </div>
      ) : (
        <ol class="rows" data-testid="webhooks">
          {rows.map((row) => (
            <Row
              key={row.number}
              row={row}
              mine={props.mine !== undefined && row.body?.session_id === props.mine}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row({ row, mine }: { row: ReceivedWebhook; mine: boolean }) {
  const { body } = row;
  const good = row.outcome !== 'refused';
  return (
    <li class={mine ? 'row mine' : 'row'}>
      <details>
        <summary>
          <span class="row-event">
            {body?.status ? <Status text={body.status} /> : <span class="pill bad">Refused</span>}
            <span class="mono event">{eventName(row)}</span>
          </span>
          <span class={good ? 'check good' : 'check bad'} title={checkWords(row)}>
            {good ? '✓ signature' : `✗ ${row.reason}`}
          </span>
          <span class="row-facts">
            <time dateTime={row.receivedAt}>{clock(row.receivedAt)}</time>
            {row.withinSeconds !== null && <span>within {row.withinSeconds} s</span>}
            {body?.session_id && <span class="mono">…{body.session_id.slice(-8)}</span>}
            <span>{row.application}</span>
            {row.outcome === 'repeated' && <span class="pill">repeated</span>}
          </span>
        </summary>
        <p class="checks">
          <Check ok={row.rawBytes} text="raw bytes" />
          <Check ok={row.canonicalJson} text="canonical JSON" />
        </p>
        {body ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
          <pre tabIndex={0}>{JSON.stringify(body, null, 2)}</pre>
        ) : (
          <p class="quiet">The body is not shown: nobody we know has signed it.</p>
        )}
      </details>
    </li>
  );
}

function Check({ ok, text }: { ok: boolean; text: string }) {
  return (
    <span class={ok ? 'check good' : 'check bad'}>
      {ok ? '✓' : '✗'} {text}
    </span>
  );
}

function Status({ text }: { text: string }) {
  const tone =
    text === 'Approved' ? 'good' : text === 'Declined' ? 'bad' : text === 'In Review' ? 'wait' : '';
  return <span class={`pill ${tone}`}>{text}</span>;
}

function eventName(row: ReceivedWebhook): string {
  return row.body?.webhook_type ?? 'unknown event';
}

function checkWords(row: ReceivedWebhook): string {
  if (row.outcome === 'refused') return `refused: ${row.reason}`;
  const checks = [row.rawBytes && 'raw bytes', row.canonicalJson && 'canonical JSON'].filter(Boolean);
  return `signature holds by ${checks.join(' and ')}`;
}

function clock(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
