import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../core/child.ts";
import { formatError } from "../core/errors.ts";
import { listSites } from "./find.ts";
import { loadSite } from "./load.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-site-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
  return file;
}

const told = async (loading: Promise<unknown>) =>
  loading.then(
    () => "loaded",
    (error) => formatError(error).replaceAll(folder, "DIR"),
  );

const json = JSON.stringify({
  name: "netsoc",
  network: { subnet: "192.168.7.0/24", server: "192.168.7.2", router: "192.168.7.1" },
  dhcp: { mode: "reservations", leaseTime: "1h" },
  images: { shell: { recipe: "rescue", commandLine: "console=tty0" } },
  machines: [{ name: "shoe", mac: "52-54-00-69-00-0A", ip: "192.168.7.10", image: "shell" }],
});

describe("a site", () => {
  test("has paths that are seen from its own folder", async () => {
    const machine = { name: "a", mac: "52-54-00-69-00-0A", disks: [{ size: "1G" }, { file: "root.img" }] };
    const content = {
      name: "rooted",
      tftp: { root: "boot" },
      machines: [machine],
      groups: { web: { overlay: "overlays/web" } },
      rules: [{ when: { mac: machine.mac }, set: { overlay: "/srv/rule" } }],
    };
    const file = await write("rooted/site.json", JSON.stringify(content));
    const { site } = await loadSite(file);
    expect(site.tftp.root).toBe(join(folder, "rooted/boot"));
    expect(site.machines[0]?.disks).toEqual([{ size: "1G" }, { file: join(folder, "rooted/root.img") }]);
    expect(site.groups["web"]?.overlay).toBe(join(folder, "rooted/overlays/web"));
    expect(site.rules[0]?.set?.overlay).toBe("/srv/rule");
  });

  test("is found by the bare name of a folder in lab/", async () => {
    const { site, file } = await loadSite("quickstart", { cwd: folder });
    expect(site).toMatchObject({ name: "quickstart", machines: [{ name: "node1", image: "rescue" }] });
    expect(file).toMatch(/lab\/quickstart\/site\.ts$/);
  });

  test("is loaded from JSON by file or folder, from wherever one stands", async () => {
    const file = await write("rack/site.json", json);
    const loaded = await loadSite(file);
    expect(loaded).toMatchObject({ file, folder: join(folder, "rack") });
    expect(loaded.site.machines[0]).toMatchObject({ name: "shoe", memory: "512M", nic: "virtio-net-pci" });
    for (const path of ["./rack", "rack", "rack/site.json"]) {
      expect((await loadSite(path, { cwd: folder })).file).toBe(file);
    }
  });

  test("that is unknown is told with the nearest names and where it was looked for", async () => {
    const lab = join(folder, "lab");
    await write("lab/quickstart/site.json", json);
    await write("lab/empty/readme", "");
    expect(await listSites(lab)).toEqual(["quickstart"]);
    expect(await told(loadSite("quikstart", { lab, cwd: "/" }))).toBe(
      [
        "error: there is no site `quikstart`",
        "  where: looked for site.ts or site.yaml or site.yml or site.json in DIR/lab/quikstart/ and /quikstart/",
        "  next:  did you mean `quickstart`?  [SITE_UNKNOWN]",
      ].join("\n"),
    );
    await expect(loadSite("quikstart", { lab, cwd: "/" })).rejects.toMatchObject({ exitCode: 2 });
  });

  test("cannot be a folder without one, nor another kind of file", async () => {
    await write("notes/site.toml", "");
    const expected =
      "next:  give a .ts, .yaml or .json file, or a folder that holds site.ts or site.yaml or site.yml or site.json  [SITE_UNKNOWN]";
    expect(await told(loadSite("./notes", { cwd: folder }))).toContain(expected);
    expect(await told(loadSite("./notes/site.toml", { cwd: folder }))).toContain(expected);
  });
});

describe("a site file that cannot be read", () => {
  test("as JSON is told with its line", async () => {
    await write("a.json", '{\n  "name": "a",\n}');
    expect(await told(loadSite("./a.json", { cwd: folder }))).toBe(
      [
        "error: the site file is not JSON: Expected double-quoted property name in JSON at position 17 (line 3 column 1)",
        "  where: a.json",
        "  next:  correct that place; JSON has no comments and no comma after the last entry  [SITE_SYNTAX]",
      ].join("\n"),
    );
  });

  // Vitest would transform the file its own way: what counts is what Node makes of it.
  test("as TypeScript is its author's error with its line, however it fails", async () => {
    const cases: Record<string, [string, string]> = {
      "syntax.ts": ['export default {\n  name: "a"\n  network: {},\n};\n', "syntax.ts:3 [SITE_SYNTAX]"],
      "enum.ts": ["\nenum A { b }\nexport default { name: A.b };\n", "enum.ts:2 [SITE_SYNTAX]"],
      "throws.ts": ['const n: number = 3;\n\nthrow new Error("no " + n);\n', "throws.ts:3 [SITE_FAILED]"],
      "unbound.ts": ["export default { name: nobody.name };\n", "unbound.ts:1 [SITE_FAILED]"],
      "imports.ts": ['import { a } from "./nothing.ts";\nexport default a;\n', "imports.ts [SITE_FAILED]"],
      "text.ts": ['export {};\nthrow "text";\n', "text.ts [SITE_FAILED]"],
      "empty.ts": ["export const site = {};\n", "empty.ts [SITE_EMPTY]"],
      "site.ts": ['export default { name: "fine" };\n', "loaded fine"],
    };
    for (const [name, [text]] of Object.entries(cases)) await write(name, text);
    const loader = new URL("./load.ts", import.meta.url).href;
    const script = `
      const { loadSite } = await import(${JSON.stringify(loader)});
      for (const name of ${JSON.stringify(Object.keys(cases))}) {
        await loadSite("./" + name).then(
          ({ site }) => console.log("loaded " + site.name),
          (error) => console.log(error.where + " [" + error.code + "]"),
        );
      }`;
    const said = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    expect(said.split("\n")).toEqual(Object.values(cases).map(([, expected]) => expected));
  });
});
