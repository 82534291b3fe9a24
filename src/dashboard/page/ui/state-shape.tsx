import type { JSX } from "preact";
import type { State } from "../../../client/client.ts";

/** A state as a shape of 10 px: shapes before colours, and words beside them for whoever sees neither. */
export function StateShape({ state }: { state: State }): JSX.Element {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" fill="currentColor">
      {state === "active" && <path d="M3 3h4v4H3z" class="quiet-fill" />}
      {state === "disabled" && <path d="M0 4.25h10v1.5H0z" />}
      {state !== "active" && state !== "disabled" && (
        <path d="M.75.75h8.5v8.5H.75z" fill="none" stroke="currentColor" stroke-width="1.5" />
      )}
      {state === "scheduled" && <path d="M5 1h4v8H5z" />}
      {state === "exhausted" && <path d="M1 5.5h8V9H1z" />}
      {state === "expired" && <path d="M1 9L9 1" stroke="currentColor" stroke-width="1.5" />}
    </svg>
  );
}
