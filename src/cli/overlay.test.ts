import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { formatError } from "../core/errors.ts";
import { folderWith } from "../images/overlays/layers.fixture.ts";
import { SecretStore } from "../images/overlays/secret-store.ts";
import { overlay } from "./overlay.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const secret = "correct-horse-battery";
const site = {
  name: "overlaid",
  images: { a: { recipe: "rescue" } },
  defaults: { image: "a", overlay: "overlays/all" },
  groups: { web: { overlay: "overlays/web" } },
  machines: [
    { name: "shoe", mac: "52:54:00:69:00:0a", use: "web" },
    { name: "sock", mac: "52:54:00:69:00:0b" },
  ],
};

/** A site's folder, a folder of secrets, and a way to run the command there. */
async function there(more: Readonly<Record<string, string>> = {}) {
  const folder = await folderWith({
    "site.json": JSON.stringify(site),
    "overlays/all/etc/hostname.tmpl": "{name}\n",
    "overlays/web/overlay.yaml":
      "packages: [nginx]\nservices: { default: [nginx] }\ndefaultServices: false\n",
    ...more,
  });
  const secrets = join(await folderWith({}), "secrets");
  vi.stubEnv("DRYBOOT_SECRETS", secrets);
  onTestFinished(() => void vi.unstubAllEnvs());
  const run = async (...argv: readonly string[]) => {
    const terminal = recordingTerminal();
    const code = await overlay
      .main([...argv, "--site", folder], terminal, new AbortController().signal)
      .catch((error: unknown) => {
        terminal.err(formatError(error));
        return -1;
      });
    return { code, out: terminal.stdout, err: terminal.stderr.join("\n") };
  };
  return { folder, run, store: new SecretStore(secrets) };
}

describe("dryboot overlay", () => {
  test("shows what a machine's overlay holds, and from where", async () => {
    const { run } = await there();
    expect((await run("show", "shoe")).out).toEqual([
      "shoe has an overlay of 2 layers:",
      "  defaults    overlays/all",
      "  groups.web  overlays/web",
      "",
      "0755  0:0        /etc/                                              defaults",
      "0755  0:0        /etc/apk/                                          groups.web",
      "0644  0:0  18 B  /etc/apk/world                                     groups.web",
      "0644  0:0  5 B   /etc/hostname                                      defaults",
      "0755  0:0        /etc/runlevels/                                    groups.web",
      "0755  0:0        /etc/runlevels/default/                            groups.web",
      "0777  0:0        /etc/runlevels/default/nginx -> /etc/init.d/nginx  groups.web",
    ]);
  });

  test("says where two machines differ, and nothing where a machine is as its file", async () => {
    const { run, folder } = await there();
    const file = join(folder, "shoe.apkovl.tar.gz");
    expect(await run("diff", "shoe", "sock")).toMatchObject({
      code: 1,
      out: [
        "+ etc/.default_boot_services",
        "- etc/apk",
        "- etc/apk/world",
        "~ etc/hostname (content of 5 bytes is another of 5 bytes)",
        "- etc/runlevels",
        "- etc/runlevels/default",
        "- etc/runlevels/default/nginx",
      ],
    });
    expect(await run("build", "shoe", "-o", file)).toMatchObject({ code: 0, out: [] });
    expect(await run("diff", "shoe", file)).toMatchObject({ code: 0, out: [] });
  });

  test.each<[readonly string[], RegExp]>([
    [["sho"], /there is no `overlay sho`[\s\S]*did you mean `show`/],
    [["show"], /MACHINE is missing/],
    [["show", "shoe", "sock"], /`sock` is one word too many/],
    [["show", "sho"], /no machine `sho`[\s\S]*did you mean `shoe`/],
    [["diff", "shoe"], /B is missing/],
    [["diff", "shoe", "./nowhere"], /the overlay cannot be read/],
    [["build", "shoe"], /`-o FILE` is missing/],
    [["secret"], /what to do with secrets is missing/],
    [["secret", "sett", "a"], /there is no `secret sett`/],
    [["secret", "set"], /one NAME is needed/],
    [["secret", "list", "x"], /no NAME is needed/],
  ])("%j is wrong usage", async (argv, message) => {
    const { run } = await there();
    const { code, err } = await run(...argv);
    expect(err).toMatch(message);
    expect(code).toBe(-1);
  });

  test("names a machine that has none", async () => {
    const { run } = await there({ "site.json": JSON.stringify({ ...site, defaults: { image: "a" } }) });
    expect((await run("show", "sock")).err).toContain("sock has no overlay");
  });
});

describe("a secret", () => {
  test("is in no output of any action, nor in the file unless that is asked for", async () => {
    const { run, store, folder } = await there({
      "overlays/all/etc/app.tmpl": "password={secret.db}\n",
      "overlays/all/etc/broken": "x",
    });
    const file = join(folder, "shoe.apkovl.tar.gz");
    await store.init();
    await store.set("db", Buffer.from(secret));
    const runs = [
      await run("show", "shoe"),
      await run("show", "shoe", "--json"),
      await run("diff", "shoe", "sock"),
      await run("build", "shoe", "-o", file),
      await run("secret", "list"),
      await run("secret", "list", "--json"),
      await run("build", "shoe", "-o", file, "--with-secrets"),
      await run("diff", "shoe", file),
      await run("diff", file, "shoe", "--json"),
    ];
    expect(runs[0]?.out).toContainEqual(expect.stringMatching(/with a secret +\/etc\/app/));
    expect(runs[3]?.err).toContain("the overlay of shoe holds secrets: db");
    expect(runs[4]?.out).toEqual(["db"]);
    expect(runs[7]?.out).toEqual(["? etc/app (one of them holds a secret that is filled in later)"]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    await writeFile(join(folder, "overlays/all/etc/broken.tmpl"), "{secret.db} {nope}");
    runs.push(await run("show", "shoe"));
    await chmod(join(store.folder, "identity"), 0o644);
    runs.push(await run("build", "shoe", "-o", file, "--with-secrets"));
    runs.push(await run("secret", "remove", "db"), await run("secret", "remove", "db"));
    const told = JSON.stringify(runs);
    const identity = await readFile(join(store.folder, "identity"), "utf8");
    expect(told).not.toContain(secret);
    expect(told).not.toContain(Buffer.from(secret).toString("base64"));
    expect(told).not.toContain(identity.split("\n")[1]);
  });

  test("has an identity that is made once, and shows its public half", async () => {
    const { run } = await there();
    const { code, out } = await run("secret", "init");
    expect([code, ...out]).toEqual([0, expect.stringMatching(/^secrets are encrypted for age1[0-9a-z]+$/)]);
    expect((await run("secret", "init")).err).toContain("there is an identity already");
  });
});
