import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectFolder } from "../core/folders.ts";

/** What the launcher itself calls; all else on the PATH of these tests is ours. */
const realTools = [..."cat chmod cp env flock grep mkdir readlink rm sed setpriv sh sleep tail".split(" ")];

/** Stands in for `npm ci`: leaves the Node it would have brought, and its own lock file last of all. */
const goodNpm = `#!/bin/sh
echo "$@" >>"$NPM_CALLS"
home=$3
mkdir -p "$home/node_modules/.bin"
printf '#!/bin/sh\\nshift\\necho "ran $*"\\n' >"$home/node_modules/.bin/node"
chmod +x "$home/node_modules/.bin/node"
echo '{}' >"$home/node_modules/.package-lock.json"
`;

let folder: string;
let checkout: string;
let tools: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dryboot launcher "));
  checkout = join(folder, "check out"); // spaces, as on many a desktop
  tools = join(folder, "tools");
  mkdirSync(checkout);
  mkdirSync(tools);
  copyFileSync(join(projectFolder, "dryboot"), join(checkout, "dryboot"));
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
    writeFileSync(join(checkout, name), "{}");
  }
  for (const name of realTools) symlinkSync(whereIs(name), join(tools, name));
  addTool("node", "#!/bin/sh\necho v24.1.0\n");
  addTool("npm", goodNpm);
});

afterEach(() => {
  chmodSync(checkout, 0o755);
  rmSync(folder, { recursive: true });
});

function whereIs(name: string): string {
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const found = places.map((place) => join(place, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`these tests need ${name}`);
  return found;
}

function addTool(name: string, content: string): void {
  writeFileSync(join(tools, name), content, { mode: 0o755 });
}

function start(args: readonly string[] = [], options: { as?: string; cwd?: string; path?: string } = {}) {
  const child = spawn(options.as ?? join(checkout, "dryboot"), args, {
    cwd: options.cwd ?? folder,
    env: { PATH: options.path ?? tools, NPM_CALLS: join(folder, "npm-calls") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = Promise.all([once(child, "exit"), text(child.stdout), text(child.stderr)]);
  return {
    child,
    ended: ended.then(([[code, signal], stdout, stderr]) => ({ code, signal, stdout, stderr })),
  };
}

function npmCalls(): string[] {
  const file = join(folder, "npm-calls");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

describe("the launcher", () => {
  test("installs the npm packages once, says so, and hands its words over as they were", async () => {
    const first = await start(["boot", "a b", "--json"]).ended;
    expect(first).toMatchObject({
      code: 0,
      stdout: "ran boot a b --json\n",
      stderr: "installing npm packages...\n",
    });
    const second = await start(["boot"]).ended;
    expect(second).toMatchObject({ code: 0, stdout: "ran boot\n", stderr: "" });
    expect(npmCalls()).toHaveLength(1);
    expect(npmCalls()[0]).toMatch(/^ci --prefix .*check out --include=dev --no-audit/);
    expect(existsSync(join(checkout, ".setup.log"))).toBe(false);
  });

  test("lets Node 24 run npm where the machine's own Node is older, and takes it away again", async () => {
    addTool("node", "#!/bin/sh\necho v18.20.4\n");
    addTool("npm", goodNpm.replace('echo "$@"', 'echo "$(command -v node) $@"'));
    expect(await start(["boot"]).ended).toMatchObject({ code: 0, stdout: "ran boot\n" });
    expect(npmCalls()).toEqual([
      expect.stringMatching(/tools\/node ci --prefix .*check out\/\.setup --omit=dev /),
      expect.stringMatching(
        /check out\/\.setup\/node_modules\/\.bin\/node ci --prefix .*check out --include=dev /,
      ),
    ]);
    expect(existsSync(join(checkout, ".setup"))).toBe(false);
  });

  test("becomes the program: the process that a user stops is the same", async () => {
    await start().ended;
    const node = join(checkout, "node_modules/.bin/node");
    writeFileSync(node, "#!/bin/sh\necho $$\n", { mode: 0o755 });
    const { child, ended } = start();
    expect((await ended).stdout.trim()).toBe(String(child.pid));
  });

  test("works through symbolic links, from another folder, and keeps that folder", async () => {
    await start().ended;
    const node = join(checkout, "node_modules/.bin/node");
    writeFileSync(node, '#!/bin/sh\necho "$1 in $PWD"\n', { mode: 0o755 });
    symlinkSync(join(checkout, "dryboot"), join(folder, "one"));
    symlinkSync("one", join(folder, "two"));
    const { stdout } = await start([], { as: join(folder, "two"), cwd: tools }).ended;
    expect(stdout).toBe(`${checkout}/src/cli/main.ts in ${tools}\n`);
  });

  test("installs again when the lock file is newer than what is installed", async () => {
    await start().ended;
    const later = Date.now() / 1000 + 60;
    utimesSync(join(checkout, "package-lock.json"), later, later);
    await start().ended;
    expect(npmCalls()).toHaveLength(2);
  });

  test("lets two first runs install once", async () => {
    addTool("npm", goodNpm.replace("home=$3", "sleep 0.3; home=$3"));
    const both = await Promise.all([start(["a"]).ended, start(["b"]).ended]);
    expect(both.map(({ stdout }) => stdout)).toEqual(["ran a\n", "ran b\n"]);
    expect(npmCalls()).toHaveLength(1);
    expect(both.map(({ stderr }) => stderr).join("")).toContain("waiting for another dryboot");
  });

  test("shows what it would do, and does nothing, for setup --dry-run", async () => {
    const { code, stdout } = await start(["setup", "--dry-run"]).ended;
    expect({ code, calls: npmCalls() }).toEqual({ code: 0, calls: [] });
    expect(stdout).toContain(`would run \`npm ci\` in ${checkout}`);
  });

  test("keeps the folder that npm empties out of npm's path", async () => {
    addTool("npm", goodNpm.replace('echo "$@"', 'echo "$PATH"'));
    await start([], { path: `${checkout}/node_modules/.bin:/x y/node_modules/.bin:${tools}` }).ended;
    expect(npmCalls()).toEqual([tools]);
  });
});

describe("the launcher, when something is wrong", () => {
  test.each([
    ["there is no Node.js", () => rmSync(join(tools, "node")), 2, "NO_NODE", "apt-get install nodejs npm"],
    ["Node.js does not start", () => addTool("node", "#!/bin/sh\nexit 1\n"), 2, "NO_NODE", "Node.js 18"],
    [
      "Node.js is too old",
      () => addTool("node", "#!/bin/sh\necho v16.20.2\n"),
      2,
      "NODE_TOO_OLD",
      "Node.js 18",
    ],
    ["there is no npm", () => rmSync(join(tools, "npm")), 2, "NO_NPM", "apt-get install nodejs npm"],
    [
      "npm cannot reach its registry",
      () => failingNpm("request failed ENOTFOUND"),
      1,
      "NPM_FAILED",
      "the network",
    ],
    ["the disk is full", () => failingNpm("npm error code ENOSPC"), 1, "NPM_FAILED", "room"],
    [
      "the lock file is out of step",
      () => failingNpm("npm error code EUSAGE"),
      1,
      "NPM_FAILED",
      "npm install",
    ],
    ["npm fails for its own reasons", () => failingNpm("odd"), 1, "NPM_FAILED", ".setup.log"],
    ["install scripts are forbidden", noScripts, 1, "NO_NODE_24", "ignore-scripts"],
  ])("and %s, says so and what to do", async (_, spoil, status, code, hint) => {
    spoil();
    const { code: exitCode, stdout, stderr } = await start(["boot"]).ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: status, stdout: "" });
    expect(stderr).toMatch(/^error: .*\n {2}where: .*check out\n {2}next: {2}.*\[[A-Z_0-9]+\]\n$/m);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(hint);
  });

  test("shows npm's last words", async () => {
    failingNpm("the very reason");
    expect((await start().ended).stderr).toContain("    the very reason\n");
  });

  test("says that a checkout of someone else's has to be set up by its owner", async (context) => {
    if (process.geteuid?.() === 0 && !canDropRoot()) return context.skip("needs an ordinary user");
    chmodSync(checkout, 0o555);
    chmodSync(folder, 0o755);
    const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", join(checkout, "dryboot")];
    const { ended } = process.geteuid?.() === 0 ? start(asNobody, { as: whereIs("setpriv") }) : start();
    expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining("[READ_ONLY]") });
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "and it is ended by %s, takes npm along and starts over next time",
    async (signal) => {
      addTool("npm", `#!/bin/sh\necho $$ >"$NPM_CALLS.pid"\nmkdir -p "$3/node_modules"\nexec sleep 30\n`);
      const { child, ended } = start();
      const pidFile = join(folder, "npm-calls.pid");
      while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await sleep(10);
      child.kill(signal);
      expect(await ended).toMatchObject({ signal });
      const npm = Number(readFileSync(pidFile, "utf8"));
      await expect.poll(() => isRunning(npm)).toBe(false);

      addTool("npm", goodNpm);
      expect(await start(["boot"]).ended).toMatchObject({ code: 0, stdout: "ran boot\n" });
    },
  );

  test("does not take a half-emptied folder for an installed one", async () => {
    await start().ended;
    const later = Date.now() / 1000 + 60;
    utimesSync(join(checkout, "package-lock.json"), later, later);
    failingNpm("interrupted");
    await start().ended;
    // What npm left behind looks new now, but it was never finished.
    utimesSync(join(checkout, "package-lock.json"), later - 3600, later - 3600);
    addTool("npm", goodNpm);
    await start().ended;
    expect(npmCalls()).toHaveLength(2);
  });
});

function failingNpm(lastWords: string): void {
  addTool("npm", `#!/bin/sh\necho "${lastWords}" >&2\nexit 1\n`);
}

function noScripts(): void {
  addTool("npm", '#!/bin/sh\nmkdir -p "$3/node_modules"\necho "{}" >"$3/node_modules/.package-lock.json"\n');
}

function canDropRoot(): boolean {
  try {
    execFileSync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "true"]);
    return true;
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    // A zombie waits for whoever adopted it: it runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
