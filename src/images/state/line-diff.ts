/** A line that is only in the one text (`-`) or only in the other (`+`). */
export type LineChange = Readonly<{ sign: "-" | "+"; line: string }>;

/** More would be neither read nor compared in a moment. */
const mostLines = 2000;

/** What differs between two texts, by their longest common subsequence of lines; undefined when they are too long. */
export function lineDiff(before: string, after: string): LineChange[] | undefined {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let begin = 0;
  while (begin < old.length && begin < fresh.length && old[begin] === fresh[begin]) begin += 1;
  let [oldEnd, freshEnd] = [old.length, fresh.length];
  while (oldEnd > begin && freshEnd > begin && old[oldEnd - 1] === fresh[freshEnd - 1]) {
    oldEnd -= 1;
    freshEnd -= 1;
  }
  const [a, b] = [old.slice(begin, oldEnd), fresh.slice(begin, freshEnd)];
  if (a.length > mostLines || b.length > mostLines) return undefined;
  return changesOf(a, b, commonLengths(a, b));
}

/** How long the longest common subsequence of `a[i..]` and `b[j..]` is, at `i * (b.length + 1) + j`. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return lengths;
}

function changesOf(a: readonly string[], b: readonly string[], lengths: Uint16Array): LineChange[] {
  const at = (i: number, j: number) => lengths[i * (b.length + 1) + j] ?? 0;
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ sign: "-", line: left });
      i += 1;
    } else if (right !== undefined) {
      changes.push({ sign: "+", line: right });
      j += 1;
    }
  }
  return changes;
}

const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
