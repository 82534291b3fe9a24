import type { JSX } from "preact";

/** Drawn on 16 by 16 with lines of 1.5, where a word would be longer. */
const paths = {
  enter: "M13 4v5H4M7 6L4 9l3 3",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7L14 14",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  check: "M3 8.5l3.2 3.2L13 5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  down: "M4 6l4 4 4-4",
  arrow: "M2.5 8h11M9.5 4l4 4-4 4",
  download: "M8 2.5v7M4.8 6.5L8 9.7l3.2-3.2M2.5 13h11",
  plus: "M8 3v10M3 8h10",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  cross: "M4 4l8 8M12 4l-8 8",
} as const;

export type IconName = keyof typeof paths | "qr" | "more";

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  const box = { width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": true } as const;
  if (name === "more")
    return (
      <svg {...box} fill="currentColor">
        <path d="M2 7.3h1.5v1.5H2zM7.2 7.3h1.5v1.5H7.2zM12.5 7.3H14v1.5h-1.5z" />
      </svg>
    );
  if (name === "qr")
    return (
      <svg {...box} fill="none" stroke="currentColor" stroke-width="1.5">
        <path d="M2.25 2.25h4v4h-4zM9.75 2.25h4v4h-4zM2.25 9.75h4v4h-4z" />
        <path d="M9 9.75h2M13 9v2M9.75 11.5v3M12 13.75h2.5" />
      </svg>
    );
  return (
    <svg {...box} fill="none" stroke="currentColor" stroke-width="1.5">
      <path d={paths[name]} />
    </svg>
  );
}

const word =
  "M21.5 10.63A10 10 0 1 0 21.5 29.37V23.57A5 5 0 1 1 21.5 16.43ZM25 10V22A8 8 0 0 0 41 22V10H36V22A3 3 0 0 1 30 22V10Z" +
  "M45 30V20A10 10 0 0 1 55 10V15A5 5 0 0 0 50 20V30Z" +
  "M59 4H64V10H68.5V15H64V22A3 3 0 0 0 67 25H68.5V30H67A8 8 0 0 1 59 22V15H57V10H59Z";

/** The mark: a yellow block, the word in ink, and what is left when the rest is cut. */
export function Mark({ height }: { height: number }): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 86 38" height={height} width={(86 / 38) * height} aria-hidden="true">
      <path fill="#FFD62E" d="M0 0H76V38H0Z" />
      <path fill="#17160F" d={word} />
      <path fill="currentColor" d="M80 25H85V30H80Z" />
    </svg>
  );
}
