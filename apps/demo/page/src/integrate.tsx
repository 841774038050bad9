import { useState } from 'preact/hooks';

/** The same thing in your own application: three calls. */
export function Integrate({ baseUrl }: { baseUrl: string }) {
  const key = '-H "x-api-key: $SELFSAME_API_KEY"';
  return (
    <section class="integrate" aria-labelledby="integrate-title">
      <h2 id="integrate-title">Build the same</h2>
      <p class="quiet">
        Three calls from your server. The key stays there, so it is hidden here too:{' '}
        <span class="mono">SELFSAME_API_KEY=••••••••</span>. With a local installation you find yours in{' '}
        <span class="mono">.selfsame/local.json</span>.
      </p>
      <ol class="steps">
        <Step
          title="Open a session"
          text="Send the browser to the url of the answer. vendor_data is your own stable id of the user. The first session puts a face on file, with wf_first_verification; later ones sign in, with wf_reauth."
          code={`curl -X POST ${baseUrl}/v3/session/ \\
  ${key} \\
  -H "content-type: application/json" \\
  -d '{
    "workflow_id": "wf_first_verification",
    "vendor_data": "user-42",
    "callback": "https://your.app/done"
  }'`}
        />
        <Step
          title="Hear about it"
          text="Register where webhooks go, once. The answer holds the secret that signs them."
          code={`curl -X POST ${baseUrl}/v3/webhook/destinations/ \\
  ${key} \\
  -H "content-type: application/json" \\
  -d '{
    "label": "my app",
    "url": "https://your.app/webhooks",
    "subscribed_events": ["status.updated"]
  }'`}
        />
        <Step
          title="Read the decision"
          text="At any time, whatever the redirect claimed and whether or not a webhook came."
          code={`curl ${baseUrl}/v3/session/$SESSION_ID/decision/ \\
  ${key}`}
        />
      </ol>
      <p class="quiet">
        Verify each webhook before you believe it, with <span class="mono">@selfsame/webhooks</span>:{' '}
        <span class="mono">apps/demo/src/webhook.ts</span> is made to be copied, and runs on this page.
      </p>
    </section>
  );
}

function Step({ title, text, code }: { title: string; text: string; code: string }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  }
  return (
    <li class="card step">
      <div>
        <h3>{title}</h3>
        <p class="quiet">{text}</p>
      </div>
      <div class="code">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
        <pre tabIndex={0}>{code}</pre>
        {navigator.clipboard && (
          <button type="button" class="link copy" onClick={copy} aria-label={`Copy: ${title}`}>
            {copied ? 'Copied' : 'Copy'}
          </button>
        )}
      </div>
    </li>
  );
}
