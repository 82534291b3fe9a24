import fc from "fast-check";

/** A JSON Schema as our OpenAPI document has them; nothing else is used in it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly format?: string;
  readonly pattern?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

function resolved(schema: Schema, all: Schemas): Schema {
  const name = schema.$ref?.split("/").pop();
  if (name !== undefined) return resolved(all[name] ?? {}, all);
  if (schema.allOf === undefined) return schema;
  const { allOf, ...own } = schema;
  const parts = [...allOf.map((one) => resolved(one, all)), own];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((one) => one.properties)),
    required: parts.flatMap((one) => one.required ?? []),
  };
}

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

/** What a value has that the schema does not allow, with the path; `undefined`: nothing. */
export function mismatch(value: unknown, given: Schema, all: Schemas, path = ""): string | undefined {
  const schema = resolved(given, all);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    const problems = choices.map((one) => mismatch(value, one, all, path));
    return problems.includes(undefined) ? undefined : problems[0];
  }
  if (schema.const !== undefined && value !== schema.const) return `${path}: not ${schema.const}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as never) && value !== null)
    return `${path}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`;
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return `${path}: ${typeof value}, not ${types}`;
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) {
      const problem = schema.items && mismatch(one, schema.items, all, `${path}.${i}`);
      if (problem !== undefined) return problem;
    }
  } else if (typeof value === "object" && value !== null) {
    const fields = value as Record<string, unknown>;
    const missing = schema.required?.find((name) => !(name in fields));
    if (missing !== undefined) return `${path}: ${missing} is missing`;
    for (const [name, one] of Object.entries(fields)) {
      const known = schema.properties?.[name] ?? schema.additionalProperties ?? true;
      // What is not named is a promise of nothing; our answers have none of it.
      if (
        known === false ||
        (known === true && schema.properties !== undefined && schema.additionalProperties === undefined)
      )
        return `${path}: ${name} is not in the schema`;
      const problem = typeof known === "object" ? mismatch(one, known, all, `${path}.${name}`) : undefined;
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

/** Texts that have broken a program before. */
export const hostile: readonly string[] = [
  ...[
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "$" + "{7*7}",
    "%00",
    "%0d%0aX: y",
  ],
  ...[
    "=1+1",
    "@SUM(A1)",
    "' OR 1=1 --",
    "\u0000",
    "\u202egpj.exe",
    "\ud800",
    "\ufeff",
    "💥".repeat(70),
    "a".repeat(9000),
    "..",
    ".",
  ],
  ...[
    "../../etc/passwd",
    "__proto__",
    "constructor",
    "toString",
    "null",
    "-1",
    "1e999",
    "NaN",
    "",
    " ",
    "\u2028",
    "ｱ",
    "İ",
    "ß",
    "a/b",
    "%",
  ],
];

const anyText = fc.oneof(fc.constantFrom(...hostile), fc.string(), fc.string({ unit: "binary", maxLength: 30 }));
const wrong = fc.oneof(
  anyText,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values that the schema allows, mostly, and others in places. */
export function valuesOf(given: Schema, all: Schemas, names: readonly string[], depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(given, all);
  return fc.oneof({ weight: 12, arbitrary: fitting(schema, all, names, depth) }, { weight: 1, arbitrary: wrong });
}

function fitting(schema: Schema, all: Schemas, names: readonly string[], depth: number): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valuesOf(one, all, names, depth)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = typesOf(schema);
  if (types.length > 1) return fc.oneof(...types.map((type) => fitting({ ...schema, type }, all, names, depth)));
  switch (types[0]) {
    case "string":
      return textOf(schema, names);
    case "integer":
    case "number":
      return fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1) });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valuesOf(schema.items ?? {}, all, names, depth + 1), {
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      });
    case "object":
      return objectOf(schema, all, names, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(schema: Schema, all: Schemas, names: readonly string[], depth: number): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, one]) => [name, valuesOf(one, all, names, depth + 1)]),
  );
  const required = (schema.required ?? []).filter((name) => name in fields);
  const whole = fc.record(fields, { requiredKeys: required as never[] });
  const more = fc
    .tuple(whole, fc.dictionary(anyText, wrong, { maxKeys: 2 }))
    .map(([one, other]) => ({ ...one, ...other }));
  return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: more });
}

function textOf({ format, description: _, ...schema }: Schema & { description?: string }, names: readonly string[]) {
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const usual = fc.constantFrom(...names, "https://example.com/", "https://example.com/a?b=c#d");
  const least = schema.minLength ?? 0;
  const sized = fc.string({ minLength: Math.min(least, 50), maxLength: Math.min(schema.maxLength ?? 20, least + 30) });
  return fc.oneof({ weight: 6, arbitrary: usual }, { weight: 2, arbitrary: sized }, { weight: 1, arbitrary: anyText });
}
