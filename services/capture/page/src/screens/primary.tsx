/** The one thing to do next. */
export function Primary(props: { text: string; act: () => void; disabled?: boolean }) {
  return (
    <button type="button" class="primary" onClick={props.act} disabled={props.disabled ?? false}>
      {props.text}
    </button>
  );
}
