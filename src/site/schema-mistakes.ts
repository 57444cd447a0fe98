import * as z from "zod";
import { suggest } from "../core/nearest.ts";
import type { Mistake } from "./mistake.ts";
import { quoteValue } from "./mistake.ts";
import { siteSchema } from "./schema.ts";

type Issue = z.core.$ZodIssue;

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list of two",
  object: "an object",
  record: "an object",
};

/** What the schema found, in sentences: what is there, what is expected, and which known name is near. */
export function mistakesOf(
  issues: readonly Issue[],
  input: unknown,
  schema: z.ZodType = siteSchema,
): Mistake[] {
  return issues.flatMap((issue) => mistakes(issue, valueAt(input, issue.path), schema));
}

function mistakes(issue: Issue, found: unknown, schema: z.ZodType): Mistake[] {
  const { path } = issue;
  const is = `is ${quoteValue(found)}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        says: "is no key we know",
        hint: suggest(key, keysAt(path, schema)),
      }));
    case "invalid_type": {
      const expected = words[issue.expected] ?? issue.expected;
      return [{ path, says: `${found === undefined ? "is missing" : is}: expected ${expected}` }];
    }
    case "invalid_value":
      return oneOf(path, found, issue.values.map(String));
    case "too_small":
    case "too_big":
      return [{ path, says: `${is}: expected ${issue.code === "too_small" ? "more" : "fewer"} entries` }];
    case "invalid_key":
      return [{ path, says: `cannot be called that: ${issue.issues[0]?.message ?? issue.message}` }];
    case "custom": // the schema's own sentence: `expected ...`
      return [{ path, says: `${is}: ${issue.message}`, ...hintIn(issue.params) }];
    case "invalid_union": {
      // Which of several kinds of object it is, one of their keys says.
      if ("options" in issue && issue.options) return oneOf(path, found, issue.options.map(String));
      const within = issuesWithin(issue, found);
      if (!within) return [{ path, says: `${is}: ${issue.message}` }];
      return within.flatMap((each) => {
        const there = { ...each, path: [...path, ...each.path] };
        return mistakes(there, valueAt(found, each.path), schema);
      });
    }
    case "invalid_element":
    case "invalid_format":
    case "not_multiple_of":
      return [{ path, says: `${is}: ${issue.message}` }];
  }
}

function oneOf(path: Issue["path"], found: unknown, values: readonly string[]): Mistake[] {
  const expected = `expected ${values.map((value) => `\`${value}\``).join(", ")}`;
  if (found === undefined) return [{ path, says: `is missing: ${expected}` }];
  return [{ path, says: `is ${quoteValue(found)}: ${expected}`, ...hintFor(found, values) }];
}

/** An object was meant as one: what is wrong inside it says more than that it is no text either. */
function issuesWithin(
  { errors }: z.core.$ZodIssueInvalidUnion,
  found: unknown,
): readonly Issue[] | undefined {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
  const isOfAnotherKind = ({ code, path }: Issue) => code === "invalid_type" && path.length === 0;
  return errors.find((issues) => !issues.some(isOfAnotherKind));
}

function hintIn(params: Record<string, unknown> | undefined): { hint?: string } {
  const hint = params?.["hint"];
  return typeof hint === "string" ? { hint } : {};
}

function hintFor(found: unknown, values: readonly string[]): { hint?: string } {
  if (typeof found !== "string") return {};
  const hint = suggest(found, values);
  return hint.startsWith("did you mean") ? { hint } : {};
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

const jsonSchemas = new WeakMap<z.ZodType, z.core.JSONSchema.BaseSchema>();

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const known = jsonSchemas.get(schema) ?? z.toJSONSchema(schema, { io: "input" });
  jsonSchemas.set(schema, known);
  return known;
}

/** The keys the schema knows at a place, read from its JSON Schema: the one public form in which it can be walked. */
function keysAt(path: readonly PropertyKey[], schema: z.ZodType): string[] {
  let node = jsonSchemaOf(schema);
  for (const key of path) {
    const { properties, items, additionalProperties } = wholeOf(node);
    const next = typeof key === "number" ? items : (properties?.[String(key)] ?? additionalProperties);
    if (typeof next !== "object" || Array.isArray(next)) return [];
    node = next;
  }
  const kinds = node.oneOf ?? [node];
  return kinds.flatMap((kind) =>
    typeof kind === "object" ? Object.keys(wholeOf(kind).properties ?? {}) : [],
  );
}

/** The object, where a text may say it in short. */
function wholeOf(node: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  const whole = node.anyOf?.find((each) => typeof each === "object" && each.properties !== undefined);
  return typeof whole === "object" ? whole : node;
}
