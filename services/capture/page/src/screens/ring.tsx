/** Around the oval, from its top: how much of the hold, of the movements or of the upload is done, or that work goes on. */
export function Ring({ share, turning }: { share: number; turning: boolean }) {
  const outline = 'M150 5A145 195 0 0 1 150 395A145 195 0 0 1 150 5';
  return (
    <svg class={turning ? 'ring turning' : 'ring'} viewBox="0 0 300 400" aria-hidden="true">
      <path d={outline} pathLength={100} class="track" />
      {share > 0 || turning ? (
        <path
          d={outline}
          pathLength={100}
          class="done"
          stroke-dashoffset={turning ? 0 : 100 - Math.min(1, share) * 100}
        />
      ) : null}
    </svg>
  );
}
