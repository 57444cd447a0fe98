/**
 * Versions as apk orders them (apk-package(5)): numbers with dots, a letter, suffixes, a commit, a revision, as in
 * `9.6_p1-r0`.
 */
type Token = Readonly<{ kind: number; value: number; text?: string }>;

// In the order in which they may follow each other; where one version ends and the other goes on, the order decides.
const kinds = { number: 1, letter: 2, suffix: 3, suffixNumber: 4, commit: 5, revision: 6, end: 7 };

// Before the plain version, and behind it.
const before = ["alpha", "beta", "pre", "rc"];
const behind = ["cvs", "svn", "git", "hg", "p"];

const pattern =
  /^\d{1,17}(?:\.\d{1,17})*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d{0,17})*(?:~[0-9a-f]+)?(?:-r\d{1,17})?$/;
const longest = 128;

/** Whether apk would take this for a version. */
export function isApkVersion(text: string): boolean {
  return text.length <= longest && pattern.test(text);
}

/** Below zero when `a` is the older. */
export function compareApkVersions(a: string, b: string): number {
  const [left, right] = [tokensOf(a), tokensOf(b)];
  for (let at = 0; ; at += 1) {
    const [one = end, other = end] = [left[at], right[at]];
    if (one.kind !== other.kind) return differentKinds(one, other);
    if (one.kind === kinds.end) return 0;
    const order = compareTokens(one, other);
    if (order !== 0) return order;
  }
}

/** Whether a version is one of those that begin with `prefix`, number for number: what `~` asks for. */
export function hasApkPrefix(version: string, prefix: string): boolean {
  const tokens = tokensOf(version);
  return tokensOf(prefix).every((token, at) => {
    const other = tokens[at];
    return other !== undefined && other.kind === token.kind && compareTokens(other, token) === 0;
  });
}

const end: Token = { kind: kinds.end, value: 0 };

function differentKinds(one: Token, other: Token): number {
  if (one.kind === kinds.suffix && one.value < 0) return -1;
  if (other.kind === kinds.suffix && other.value < 0) return 1;
  // The one that goes on with what comes earlier in a version has more of it.
  return other.kind - one.kind;
}

function compareTokens(one: Token, other: Token): number {
  if (one.text !== undefined && other.text !== undefined) {
    if (one.text === other.text) return 0;
    return one.text < other.text ? -1 : 1;
  }
  return one.value - other.value;
}

function tokensOf(version: string): Token[] {
  const numbers = /^[\d.]*/.exec(version)?.[0] ?? "";
  const parts = version
    .slice(numbers.length)
    .matchAll(/^(?<letter>[a-z])|_(?<suffix>[a-z]+)(?<number>\d*)|~(?<commit>[0-9a-f]+)|-r(?<revision>\d+)/g);
  return [
    ...numbers.split(".").flatMap(numberTokens),
    ...[...parts].flatMap(({ groups = {} }) => partTokens(groups)),
  ];
}

function numberTokens(digits: string, at: number): Token[] {
  const number = { kind: kinds.number, value: Number(digits) };
  // Behind a dot, zeros make a fraction: 1.05 is older than 1.5, and more of them older still.
  const zeros = at === 0 ? 0 : (/^0*/.exec(digits)?.[0].length ?? 0);
  return zeros === 0 ? [number] : [{ kind: kinds.number, value: -zeros }, number];
}

function partTokens({
  letter,
  suffix,
  number,
  commit,
  revision,
}: Record<string, string | undefined>): Token[] {
  if (letter) return [{ kind: kinds.letter, value: letter.charCodeAt(0) }];
  if (commit) return [{ kind: kinds.commit, value: 0, text: commit }];
  if (revision) return [{ kind: kinds.revision, value: Number(revision) }];
  const token = { kind: kinds.suffix, value: suffixValue(suffix ?? "") };
  return number ? [token, { kind: kinds.suffixNumber, value: Number(number) }] : [token];
}

function suffixValue(name: string): number {
  return before.includes(name) ? before.indexOf(name) - before.length : behind.indexOf(name);
}
