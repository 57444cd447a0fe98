import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mirrorsHere } from "../../src/images/mirrors.ts";
import { Segment, whyNoSegment } from "./segment.ts";

const mirror = new Map(mirrorsHere()).get("alpine");
const minirootfs = join(mirror ?? "/", "v3.19/releases/x86_64/alpine-minirootfs-3.19.4-x86_64.tar.gz");
const why =
  whyNoSegment() ??
  (process.arch === "x64" ? undefined : "the minirootfs is one for x86_64") ??
  (existsSync(minirootfs)
    ? undefined
    : "no Alpine minirootfs: DRYBOOT_ALPINE_MIRROR names no folder that has it");

const machine = { name: "shoe", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" };

/**
 * Alpine's own userland on the client's side, as its init leaves it: the minirootfs with the packages that every Alpine
 * has. It runs on this host's kernel, in namespaces of its own: a stand-in for a machine, but not for what runs on it.
 */
class AlpineUserland {
  readonly #segment: Segment;
  readonly #root: string;

  private constructor(segment: Segment, root: string) {
    this.#segment = segment;
    this.#root = root;
  }

  static async unpack(segment: Segment): Promise<AlpineUserland> {
    const root = join(segment.folder, "root");
    await mkdir(root);
    execFileSync("tar", ["-xzf", minirootfs, "-C", root]);
    const userland = new AlpineUserland(segment, root);
    const installed = await userland.run(
      "apk add --no-network -X /mnt/v3.19/main alpine-conf 2>&1 && ls /sbin/lbu",
    );
    expect(installed).toContain("/sbin/lbu\n");
    return userland;
  }

  /** What a command prints, its trouble too. */
  async run(command: string): Promise<string> {
    const inside = [
      `mount --bind ${mirror} ${this.#root}/mnt && mount -t proc proc ${this.#root}/proc`,
      `mount --bind /dev ${this.#root}/dev && hostname ${machine.name}`,
      `exec chroot ${this.#root} /bin/sh -c "$1"`,
    ].join(" && ");
    const alone = ["unshare", "--mount", "--pid", "--fork", "--uts"];
    const running = this.#segment.start(this.#segment.client, [
      ...alone,
      "sh",
      "-c",
      inside,
      "sh",
      `exec 2>&1; ${command}`,
    ]);
    await running.ended;
    return running.output;
  }

  /** Asks for an address as firmware does that begins to boot, and takes it. */
  async askForAddress(): Promise<void> {
    const told = '[ "$1" = bound ] && ip addr replace "$ip/24" dev "$interface" && echo "lease $ip"; exit 0';
    const script = join(this.#root, "tmp/told.sh");
    await writeFile(script, `#!/bin/sh\n${told}\n`);
    await chmod(script, 0o755);
    const firmware = "-V PXEClient:Arch:00000:UNDI:002001";
    const asks = `udhcpc -i ${this.#segment.clientInterface} -s /tmp/told.sh -f -n -q -t 5 -T 1 ${firmware}`;
    expect(await this.run(asks)).toContain(`lease ${machine.ip}`);
  }

  /** What Alpine's init does with `apkovl=`. */
  async applyOverlay(): Promise<void> {
    const url = `http://10.69.0.1/overlays/${machine.mac}.apkovl.tar.gz`;
    const said = await this.run(
      `wget -q -O /tmp/ovl.tar.gz ${url} && tar -C / -xzf /tmp/ovl.tar.gz && echo applied`,
    );
    expect(said).toBe("applied\n");
  }
}

describe.skipIf(why !== undefined)(`states of machines${why ? ` (${why})` : ""}`, () => {
  test("Alpine's lbu commit hands its state to the server, and a boot after a kill -9 begins with the chosen one", async () => {
    using segment = new Segment();
    const site = await segment.site({ machines: [machine], state: { mode: "on" } });
    let server = segment.serve(site);
    await server.says(/serving here on lan0/);
    const alpine = await AlpineUserland.unpack(segment);
    await alpine.askForAddress();
    await alpine.applyOverlay();

    expect(await alpine.run("echo first >/etc/motd; lbu commit")).toMatch(
      /lbu-push: handed in: version 1 of shoe\n/,
    );
    expect(await alpine.run("echo second >/etc/motd; lbu commit -n")).not.toContain("handed in");
    expect(await alpine.run("rm /run/lbu-push.last; lbu commit -d")).toContain(
      "handed in: version 2 of shoe",
    );
    // By hand, without a commit.
    expect(await alpine.run("echo third >/etc/motd; lbu-push")).toContain("handed in: version 3 of shoe");
    await server.says(/shoe .* handed in its state: version 3/);

    const state = async (...args: string[]) => {
      const running = segment.dryboot("state", ...args, "--state", segment.state);
      expect([await running.ended, running.output]).toEqual([0, running.output]);
      return running.output;
    };
    expect(await state("diff", "shoe")).toMatch(/~ etc\/motd +content\n +-second\n +\+third/);
    expect(await state("list", "shoe", "--json")).not.toContain("var/lib");
    await state("restore", "shoe", "1");

    const stolen = "sed -i s/^token=/token=x/ /var/lib/lbu-push/settings; lbu-push; echo ended $?";
    expect(await alpine.run(stolen)).toMatch(/not taken by http:.*401(.|\n)*ended 1\n/);
    await server.says(/shoe .* is refused: the machine's token is missing or wrong/);

    server.kill();
    await server.ended;
    server = segment.serve(site);
    await server.says(/serving here on lan0/);
    await alpine.askForAddress();
    await alpine.applyOverlay();
    expect(await alpine.run("cat /etc/motd")).toBe("first\n");
    expect(await alpine.run("lbu-push")).toMatch(
      /version 4 of shoe; version 1 is handed out, for it was chosen/,
    );
    expect(await alpine.run("lbu package - | tar -tz")).not.toContain("var/lib/lbu-push");
    const log = segment.dryboot("logs", "--state", segment.state, "--json");
    await log.ended;
    const token = (await alpine.run("sed -n s/^token=//p /var/lib/lbu-push/settings")).trim();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(log.output).not.toContain(token);
  });
});
