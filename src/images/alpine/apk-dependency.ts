import { compareApkVersions, hasApkPrefix, isApkVersion } from "./apk-version.ts";

/** What a package needs, what it must not be with (`!`), or what a person asks for. */
export interface Dependency {
  /** Of a package, or of what packages provide: `so:libc.musl-x86_64.so.1`, `cmd:sh`, `/bin/sh`. */
  name: string;
  conflict: boolean;
  /** Absent: any version, and also what is provided without one. */
  version?: { operator: Operator; version: string };
  /** `><`: this very package, by the `Q1..` of its index record. */
  identity?: string;
}

/** What a package stands in for. Without a version, nobody may ask for one. */
export interface Provided {
  name: string;
  version?: string;
}

type Operator = "<" | "<=" | "=" | ">=" | ">" | "~";

const operators: Readonly<Record<string, Operator>> = {
  ...{ "<": "<", "<=": "<=", "=": "=", ">=": ">=", ">": ">" },
  ...{ "~": "~", "~=": "~", "=~": "~" },
};

const namePattern = /^[A-Za-z0-9_/][A-Za-z0-9_+./:[\]-]{0,511}$/;

/** Undefined when it is none. `@tag`, which ties a name to a repository of the machine, has no meaning here. */
export function parseDependency(text: string): Dependency | undefined {
  const conflict = text.startsWith("!");
  const [, name = "", operator = "", version = ""] =
    /^([^<>=~@]+)(?:([<>=~]{1,2})(.+))?$/.exec(conflict ? text.slice(1) : text) ?? [];
  if (!namePattern.test(name)) return undefined;
  if (operator === "") return { name, conflict };
  if (operator === "><") {
    return /^Q[12][A-Za-z0-9+/=]{1,64}$/.test(version) ? { name, conflict, identity: version } : undefined;
  }
  const known = operators[operator];
  if (known === undefined || !isApkVersion(version)) return undefined;
  return { name, conflict, version: { operator: known, version } };
}

export function parseProvided(text: string): Provided | undefined {
  const [, name = "", version] = /^([^<>=~@]+)(?:=(.+))?$/.exec(text) ?? [];
  if (!namePattern.test(name) || (version !== undefined && !isApkVersion(version))) return undefined;
  return version === undefined ? { name } : { name, version };
}

export function formatDependency({ name, conflict, version, identity }: Dependency): string {
  const wanted = version === undefined ? "" : `${version.operator}${version.version}`;
  return `${conflict ? "!" : ""}${name}${wanted}${identity === undefined ? "" : `><${identity}`}`;
}

/** Whether something of this version, or of none, is what is asked for; `!` is for the caller to turn round. */
export function isSatisfied({ version: wanted }: Dependency, version: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (version === undefined) return false;
  if (wanted.operator === "~") return hasApkPrefix(version, wanted.version);
  const order = compareApkVersions(version, wanted.version);
  switch (wanted.operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
  }
}
