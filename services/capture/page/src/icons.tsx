import type { ComponentChildren } from 'preact';

/** Strokes on a 24-pixel grid in the colour of the text; decoration only, the words beside them say the same. */
export function Icon({ children, class: name }: { children: ComponentChildren; class?: string }) {
  return (
    <svg
      class={name ?? 'icon'}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

/** Two outlines that share a middle: the same self. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 24" aria-hidden="true">
      <ellipse class="mark-one" cx="11.5" cy="12" rx="8.5" ry="11" />
      <ellipse class="mark-two" cx="20.5" cy="12" rx="8.5" ry="11" />
    </svg>
  );
}

/** A face in its outline. */
export function FaceIcon({ class: name }: { class?: string }) {
  return (
    <Icon {...(name === undefined ? {} : { class: name })}>
      <ellipse cx="12" cy="12" rx="7.2" ry="9.2" />
      <path d="M9.4 10.2v.6M14.6 10.2v.6M9.6 15.1c1.4 1.2 3.4 1.2 4.8 0" />
    </Icon>
  );
}

/** The welcome picture: a face found in its outline. */
export function Hero() {
  return (
    <svg class="hero" viewBox="0 0 160 160" fill="none" stroke-linecap="round" aria-hidden="true">
      <circle class="hero-glow" cx="80" cy="80" r="78" />
      <ellipse class="hero-face" cx="80" cy="80" rx="32" ry="43" />
      <path class="hero-line" d="M68.5 73v4M91.5 73v4M70 97c6 5 14 5 20 0" />
      <path class="hero-arc" d="M36 58C41 37 59 20 80 20s39 17 44 38M36 102c5 21 23 38 44 38s39-17 44-38" />
    </svg>
  );
}

export function ScanIcon() {
  return (
    <Icon>
      <path d="M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2" />
      <path d="m8.7 12.2 2.3 2.3 4.3-4.7" />
    </Icon>
  );
}

export function ArrowIcon() {
  return (
    <Icon class="icon forward">
      <path d="M4.5 12h15M13.5 6l6 6-6 6" />
    </Icon>
  );
}

export function ShieldIcon() {
  return (
    <Icon>
      <path d="M12 3.2 5 5.8v5.4c0 4.4 2.9 7.9 7 9.6 4.1-1.7 7-5.2 7-9.6V5.8z" />
      <path d="m9.2 11.9 2 2 3.6-4" />
    </Icon>
  );
}

export function CloseIcon() {
  return (
    <Icon>
      <path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />
    </Icon>
  );
}

export function CameraIcon() {
  return (
    <Icon>
      <path d="M4.5 8h3l1.6-2.5h5.8L16.5 8h3A1.5 1.5 0 0 1 21 9.5v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-8A1.5 1.5 0 0 1 4.5 8" />
      <circle cx="12" cy="13" r="3.4" />
    </Icon>
  );
}

export function CameraOffIcon() {
  return (
    <Icon>
      <path d="M9 5.6h5.9L16.5 8h3A1.5 1.5 0 0 1 21 9.5v8M17.5 19h-13A1.5 1.5 0 0 1 3 17.5v-8A1.5 1.5 0 0 1 4.5 8H6M9.6 10.6a3.4 3.4 0 0 0 4.8 4.8M3.5 3.5l17 17" />
    </Icon>
  );
}

export function CheckIcon() {
  return (
    <Icon class="icon drawn">
      <path pathLength="1" d="m5 12.8 4.6 4.6L19.2 7" />
    </Icon>
  );
}

export function ClockIcon() {
  return (
    <Icon>
      <circle cx="12" cy="12" r="8.6" />
      <path d="M12 7.2V12l3.2 2" />
    </Icon>
  );
}

export function AttentionIcon() {
  return (
    <Icon>
      <path d="M12 5.5v8.2M12 18.2v.1" />
    </Icon>
  );
}

export function LinkOffIcon() {
  return (
    <Icon>
      <path d="M10 7.5 12.4 5a4.6 4.6 0 0 1 6.5 6.5L16.5 14M14 16.5 11.6 19a4.6 4.6 0 0 1-6.5-6.5L7.5 10M4 4l16 16" />
    </Icon>
  );
}

export function CloudOffIcon() {
  return (
    <Icon>
      <path d="M8.5 6.6A6 6 0 0 1 17.6 10a4.2 4.2 0 0 1 2.6 6.9M17.2 18.4H7.5a4.7 4.7 0 0 1-1.2-9.2M3.5 3.5l17 17" />
    </Icon>
  );
}

export function DoorIcon() {
  return (
    <Icon class="icon forward">
      <path d="M13.5 4H6.8A1.8 1.8 0 0 0 5 5.8v12.4A1.8 1.8 0 0 0 6.8 20h6.7M10.5 12H20M16.5 8.2 20.3 12l-3.8 3.8" />
    </Icon>
  );
}

/** Light in changing colours. */
export function SparkIcon() {
  return (
    <Icon>
      <circle cx="12" cy="12" r="3.4" />
      <path d="M12 3.2v2.6M12 18.2v2.6M3.2 12h2.6M18.2 12h2.6M5.8 5.8l1.8 1.8M16.4 16.4l1.8 1.8M18.2 5.8l-1.8 1.8M7.6 16.4l-1.8 1.8" />
    </Icon>
  );
}

/** A head that turns. */
export function TurnIcon() {
  return (
    <Icon>
      <ellipse cx="12" cy="12" rx="4.6" ry="6.2" />
      <path d="M4 8.8.9 12 4 15.2M20 8.8l3.1 3.2-3.1 3.2" />
    </Icon>
  );
}

/** A phone. */
export function PhoneIcon() {
  return (
    <Icon>
      <rect x="6.5" y="2.8" width="11" height="18.4" rx="2.4" />
      <path d="M10.8 18.2h2.4" />
    </Icon>
  );
}
