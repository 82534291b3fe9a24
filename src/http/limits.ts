/** Every limit on what a program or a visitor sends; the same numbers stand in docs/api.md. Sizes are bytes. */

/** The whole address of a request. Bun itself refuses 16 KB of request line and headers together with 431. */
export const addressLimit = 8192 + 1024;
/** A JSON or form body. */
export const bodyLimit = 1024 * 1024;
/** How deep objects and arrays of a JSON body may be nested. */
export const depthLimit = 16;
/** One line of a batch. */
export const lineLimit = 64 * 1024;
/** Lines of a batch that are decided together, and answered together. */
export const batchGroup = 500;
/** Characters (code points) of a title, a note, a tag, a search, the name of a key; how many tags a link has. */
export const titleLimit = 500;
export const noteLimit = 5000;
export const tagLimit = 64;
export const tagsLimit = 50;
export const searchLimit = 200;
export const keyNameLimit = 100;
/** Clicks that a link's limit may allow. */
export const clicksLimit = 1_000_000_000;
/** Links of a page of a list. */
export const pageLimit = 1000;
export const pageDefault = 50;
/** Visits of a page of events. */
export const eventsDefault = 100;
/** Streams of live counts that one worker has open at once. */
export const liveLimit = 100;
/** How often live counts are looked at, and how often a stream says that it lives, in ms. */
export const liveEvery = 1000;
export const liveHeartbeat = 15_000;
/** How long a stream is kept whose other end reads nothing, in ms. */
export const livePatience = 60_000;
/** How long a time the statistics are about where none is named, in ms. */
export const statsRange = 30 * 86_400_000;
/** Characters of an `Idempotency-Key`. */
export const idempotencyLimit = 200;
/** Creates without a key that one address may make in a minute. */
export const publicPerMinute = 10;
/** Passwords that one address may try at once, and again in this many ms (each worker counts for itself). */
export const signInTries = 20;
export const signInPeriod = 300_000;
/** Bytes of the PNG of a logo in a QR code, and pixels of its side. */
export const logoBytes = 256 * 1024;
export const logoSide = 512;
/** Links that one request names to have them as a file. */
export const mostExported = 10_000;
/** Links that one request changes alike. */
export const mostChanges = 500;
/** Seconds until a request must have been read, and until an idle connection is closed. */
export const requestSeconds = 30;
/** Milliseconds for which a draining server answers with `Connection: close` before it stops. */
export const drainFor = 1000;
/** Milliseconds after which it ends even what has not been answered, such as a batch without end. */
export const drainLimit = 10_000;
/** Milliseconds that the last bytes of its answers have to leave. */
export const lastBytes = 500;
/** Seconds after which whoever met a store that cannot be asked may try again. */
export const retrySeconds = 8;

/** How long after it listens a server loads the code of the API, in ms. */
export const preloadAfter = 200;
