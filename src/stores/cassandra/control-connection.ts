import type { Client } from "cassandra-driver";

/** The part of the driver (4.10.0) by which it hears of nodes that come and go; none of it is public. */
export interface ControlConnection {
  /** Takes a new connection. Calls itself with the hosts that are left when one of them fails. */
  _refresh(hosts?: unknown): Promise<void>;
}

/** After a failure that the driver does not catch itself, in ms. */
const retryAfter = 1000;

/**
 * Lets the driver take a new control connection once at a time. Several losses at once, as when two nodes die or come
 * back together, make it do so side by side, each clears what the others use, and the `TypeError` that nobody catches
 * would end this process (NODEJS-681).
 */
export function calm(client: Client): void {
  calmControl((client as unknown as { controlConnection: ControlConnection }).controlConnection, retryAfter);
}

export function calmControl(control: ControlConnection, pause: number): void {
  const refresh = control._refresh.bind(control);
  let underWay: Promise<void> | undefined;
  let again = false;
  control._refresh = (hosts) => {
    if (hosts !== undefined) return refresh(hosts);
    if (underWay !== undefined) {
      again = true;
      return underWay;
    }
    underWay = refresh()
      .catch(() => void setTimeout(() => void control._refresh(), pause))
      .finally(() => {
        underWay = undefined;
        // What was lost meanwhile may have been the new one.
        if (again) void control._refresh();
        again = false;
      });
    return underWay;
  };
}
