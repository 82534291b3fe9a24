export { decodeRecord, encodeRecord } from "../core/record.ts";
