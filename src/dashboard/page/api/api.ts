import { CurtApi, unreachable } from "../../../client/client.ts";

/** Called when the API no longer knows who asks. */
let signedOut = () => {};
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

/** The API as whoever is signed in here may ask it. */
export const api = new CurtApi(async (path, { headers, ...asked }) => {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      ...asked,
      credentials: "same-origin",
      cache: "no-store",
      headers: { ...headers, "Curt-Session": "1" },
    });
    if (answer.status === 401 && !path.startsWith("/session")) signedOut();
    return answer;
  } catch (error) {
    throw asked.signal?.aborted === true ? error : unreachable(error);
  }
});
