import type { Hint } from '../guidance.ts';
import { CameraIcon, CloudOffIcon, FaceIcon, Icon } from '../icons.tsx';

/** Shapes of hints, as paths on a 24-pixel grid. */
const shapes: Partial<Record<Hint, string>> = {
  closer: 'M14 4h6v6M20 4l-6.5 6.5M10 20H4v-6M4 20l6.5-6.5',
  back: 'M20 10h-6V4M14 10l6.5-6.5M4 14h6v6M10 14l-6.5 6.5',
  level: 'M12 4a5.4 7.2 0 0 1 0 14.4A5.4 7.2 0 0 1 12 4M3 21h18M3 7c.8-2 2-3.3 3.6-4M21 7c-.8-2-2-3.3-3.6-4',
  look_straight:
    'M2.5 12C5 7.8 8.3 6 12 6s7 1.8 9.5 6c-2.5 4.2-5.8 6-9.5 6s-7-1.8-9.5-6M12 9.200v5.600M9.2 12h5.6',
  alone:
    'M9 5.100a3.4 3.4 0 0 1 0 6.8 3.4 3.4 0 0 1 0-6.800M3 19.500c.5-3.6 2.8-5.5 6-5.500s5.5 1.9 6 5.500M17 8l4 4M21 8l-4 4',
  uncover_eyes:
    'M2.5 9h19M4 9v2.500a3.5 3.5 0 0 0 7 0V9M13 9v2.500a3.5 3.5 0 0 0 7 0V9M12 21v-4M10 19l2-2 2 2',
  uncover_face:
    'M4 9.500c2.6-1.3 5.2-2 8-2s5.4.7 8 2v4c0 3.3-3.6 5.5-8 5.500s-8-2.2-8-5.500zM8.5 12h7M8.5 15h7',
  still: 'M9 5.500v13M15 5.500v13',
  good: 'm5 12.8 4.6 4.600L19.2 7',
};
const rays =
  'M12 2.800v2.400M12 18.800v2.400M2.8 12h2.400M18.8 12h2.400M5.5 5.500l1.7 1.700M16.8 16.800l1.7 1.700M18.5 5.500l-1.7 1.700M7.2 16.800l-1.7 1.7';

/** The shape of a hint: what to do, drawn. */
export function HintIcon({ hint, offset }: { hint: Hint; offset: { x: number; y: number } }) {
  switch (hint) {
    case 'position':
      return <FaceIcon />;
    case 'manual':
      return <CameraIcon />;
    case 'offline':
      return <CloudOffIcon />;
    case 'centre':
      return <MoveIcon turn={turnTowards(offset)} />;
    case 'light':
    case 'glare':
    case 'backlight':
      return (
        <Icon>
          <circle cx="12" cy="12" r="3.8" fill={hint === 'glare' ? 'currentColor' : 'none'} />
          {hint === 'backlight' ? <path d="M12 8.200a3.8 3.8 0 0 1 0 7.600z" fill="currentColor" /> : null}
          <path d={rays} />
        </Icon>
      );
    default:
      return (
        <Icon>
          <path d={shapes[hint] ?? ''} />
        </Icon>
      );
  }
}

/** An arrow to the right, turned clockwise by so many degrees. */
export function MoveIcon({ turn, class: name }: { turn: number; class?: string }) {
  return (
    <Icon {...(name === undefined ? {} : { class: name })}>
      <path transform={`rotate(${turn} 12 12)`} d="M4.5 12h15M13.5 6l6 6-6 6" />
    </Icon>
  );
}

/** From the face to the outline as the mirrored preview shows it. */
function turnTowards({ x, y }: { x: number; y: number }): number {
  // A face at the picture's right is at the preview's left, so it has to move right there.
  if (Math.abs(x) >= Math.abs(y)) return x > 0 ? 0 : 180;
  return y > 0 ? 270 : 90;
}
