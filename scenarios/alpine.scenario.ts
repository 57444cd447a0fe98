import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { run } from "../src/core/child.ts";
import { hostFiles } from "../src/host/packages.ts";
import type { Site } from "../src/site/schema.ts";
import type { ScenarioLab } from "../src/test/scenario.ts";
import { scenario } from "../src/test/scenario.ts";
import { packStrangersIndex } from "./alpine-files.ts";

const http = "http://10.69.0.1";
const mac = "52:54:00:69:05:0a";

describe("Alpine from memory, by a stand-in for its netboot files", () => {
  scenario.for([
    ["bios-pxe", "its overlay"],
    ["uefi-pxe", "ssh_key="],
  ] as const)(
    "by %s: a login, with its overlay, its packages, and sshd for the key of %s",
    async ([lane, way], { lab, skip }) => {
      const why = await lab.whyNoMirror("alpine");
      skip(why !== undefined, why);
      await using cleanup = new AsyncDisposableStack();
      const folder = await temporaryFolder(cleanup);
      const key = await sshKey(folder);
      const root = await served(folder, {
        authorized_keys: key.publicKey,
        "../layer/overlay.yaml": JSON.stringify({ sshKeys: [key.publicKey.trim()] }),
      });
      await lab.netboot("alpine", (site) =>
        way === "ssh_key=" ? byWords(site, root) : byLayer(site, folder),
      );
      const machine = await lab.machine("node1", { lane });

      await lab.step("it is switched on", () => machine.powerOn());
      await lab.step("it asks who logs in", () => lab.isUp(machine, "200s"));
      await lab.step("root logs in without a password", () => machine.logIn("root"));

      expect(await machine.run("cat /etc/alpine-release")).toBe("3.19.1");
      expect(await machine.run("hostname")).toBe("node1");
      const [fetched] = lab.facts("http.requested").filter(({ path }) => path.startsWith("overlays/"));
      expect(fetched?.path).toBe(`overlays/${mac}.apkovl.tar.gz`);
      if (way === "ssh_key=") {
        expect(await machine.run("cat /proc/cmdline")).toContain("/{MAC}.apkovl.tar.gz?{UUID}-{MAC} ");
        expect(fetched?.query).toBe(`${machine.spec.uuid}-{MAC}`);
      }
      expect(await machine.run("apk info -e openssh-server && rc-service sshd status")).toMatch(
        /^openssh-server\n.*status: started$/,
      );
      // Alpine's own service fetched and mounted the modules, and they are of the kernel that runs.
      expect(
        await machine.run("modprobe nfs && grep -c ^nfs /proc/modules; mount | grep -c modloop"),
      ).toMatch(/^[1-9]\d*\n1$/);
      expect(await machine.run("dmesg | grep -c 'Installing packages to root filesystem: ok.'")).toBe("1");
      expect(await machine.run("cat /root/.ssh/authorized_keys")).toBe(key.publicKey.trim());
      await lab.step(`ssh: ${key.tried}`, async () =>
        expect(await key.tries(lab, "10.69.0.10")).toMatch(key.shows),
      );

      expect(inOrder(machine.console.text, shown)).toEqual(shown);
      expect(lab.phases(machine).map(({ phase }) => phase)).toEqual(
        expect.arrayContaining(["kernel", "initramfs", "network", "root", "services", "ready"]),
      );
    },
  );

  scenario("a machine that cannot become what was asked for says which of it", async ({ lab, skip }) => {
    const why = await lab.whyNoMirror("alpine");
    skip(why !== undefined, why);
    await using cleanup = new AsyncDisposableStack();
    const root = await served(await temporaryFolder(cleanup), {
      "wrong.apkovl.tar.bz2": "what is in it is not looked at",
      "strangers/x86_64/APKINDEX.tar.gz": await packStrangersIndex(),
    });
    const machines = {
      suffix: `apkovl=${http}/wrong.apkovl.tar.bz2`,
      nobody: `apkovl=${http}/missing.apkovl.tar.gz alpine_repo=http://10.69.0.1:9/main`,
      // Its address by hand, without DHCP.
      stranger: `alpine_repo=${http}/strangers ip=10.69.0.12:::255.255.255.0::eth0:none`,
      silent: "",
    };
    // Reservations are for those that have an address in the site: the last one is left without an answer.
    await lab.netboot("alpine", (site) => ({
      ...withMachines(site, root, machines, ["suffix", "nobody", "stranger"]),
      dhcp: { ...site.dhcp, mode: "reservations" },
    }));
    // No network boot: what is looked at begins with Alpine's init.
    const plug = (name: string) => lab.machine(name, { lane: "bios-pxe", direct: true });
    const silent = await plug("silent");
    await silent.powerOn();
    const ended = silent.sees(/never to be seen/, "120s").catch((error: unknown) => error);

    await lab.step("an overlay whose name ends in .bz2", async () => {
      await using machine = await plug("suffix");
      await machine.powerOn();
      await expect(machine.sees(/never to be seen/, "90s")).rejects.toMatchObject({
        code: "BOOT_OVERLAY_SUFFIX",
        where: expect.stringMatching(/^phase network, /),
        hint: expect.stringContaining(".apkovl.tar.gz"),
      });
      await machine.sees(/emergency recovery shell launched[\s\S]*~ # $/, "20s", {
        ignore: ["overlay-suffix", "emergency-shell"],
      });
    });

    await lab.step("an overlay that is not there, then a mirror where nobody listens", async () => {
      await using machine = await plug("nobody");
      await machine.powerOn();
      await expect(machine.sees(/never to be seen/, "90s")).rejects.toMatchObject({
        code: "BOOT_WGET_FAILED",
        message: expect.stringContaining("404 Not Found"),
        evidence: expect.arrayContaining([expect.stringMatching(/HTTP 404 missing\.apkovl\.tar\.gz/)]),
      });
      const ignore = ["wget-failed"];
      await expect(machine.sees(/never to be seen/, "30s", { ignore })).rejects.toMatchObject({
        code: "BOOT_REPOSITORY_UNREACHABLE",
        message: expect.stringContaining("could not connect to server"),
      });
      ignore.push("repository-unreachable");
      await expect(machine.sees(/never to be seen/, "30s", { ignore })).rejects.toMatchObject({
        code: "BOOT_NOTHING_INSTALLED",
      });
    });

    await lab.step("an index that is signed by a stranger", async () => {
      await using machine = await plug("stranger");
      await machine.powerOn();
      await expect(machine.sees(/never to be seen/, "90s")).rejects.toMatchObject({
        code: "BOOT_UNTRUSTED_INDEX",
        where: expect.stringMatching(/^phase root, /),
      });
      expect(machine.console.text).toContain(" * Setting IP (eth0): ok.");
    });

    await lab.step("a DHCP server that does not answer", async () =>
      expect(await ended).toMatchObject({
        code: "BOOT_DHCP_SILENT",
        where: expect.stringMatching(/^phase network, /),
      }),
    );
  });
});

/** What its console says, in this order (a netboot of Alpine's own says the same). */
const shown = [
  "Alpine Init 3.9",
  "a stand-in",
  " * Loading boot drivers: ok.",
  " * Mounting boot media: ok.",
  " * Obtaining IP via DHCP (eth0): ",
  "udhcpc: broadcasting discover",
  "udhcpc: lease of 10.69.0.10 obtained from 10.69.0.1",
  `saving to '/tmp/${mac}.apkovl.tar.gz'`,
  ` * Loading user settings from /tmp/${mac}.apkovl.tar.gz: ok.`,
  " * Installing packages to root filesystem: ",
  ") Installing alpine-baselayout-data (",
  ") Installing openssh-server (",
  " MiB in ",
  "OpenRC 0.52.1 is starting up",
  "saving to '/lib/modloop-virt'",
  "Mounting modloop /lib/modloop-virt",
  "Loading hardware drivers",
  "Starting firstboot",
  "Welcome to Alpine Linux 3.19",
  "node1 login: ",
];

/** Those of the texts that stand behind each other. */
function inOrder(text: string, wanted: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((each) => {
    const at = text.indexOf(each, from);
    if (at !== -1) from = at;
    return at !== -1;
  });
}

/** The key comes by a word, and the machine itself fills in another, each name once: doubled braces are left to it. */
function byWords(site: Site, root: string) {
  const words = `apkovl=${http}/overlays/{{MAC}}.apkovl.tar.gz?{{UUID}}-{{MAC}} ssh_key=${http}/authorized_keys`;
  return withMachines(site, root, { node1: words });
}

/** The key comes in a layer below the machine's own, and the server says where the overlay is. */
function byLayer(site: Site, folder: string) {
  return { ...site, defaults: { ...site.defaults, overlay: join(folder, "layer") } };
}

/** The site with machines of these names and words, and a folder that is served; those named have an address. */
function withMachines(
  site: Site,
  root: string,
  words: Readonly<Record<string, string>>,
  reserved = Object.keys(words),
) {
  const [first] = site.machines;
  if (first === undefined) throw new Error("the site has a machine");
  const { ip: _, overlay, ...bare } = first;
  const machines = Object.entries(words).map(([name, commandLine], index) => ({
    ...{ ...bare, name, commandLine, mac: `52:54:00:69:05:0${(index + 10).toString(16)}` },
    ...(reserved.includes(name) && { ip: `10.69.0.${index + 10}` }),
    ...(name === first.name && { overlay }),
  }));
  return { ...site, tftp: { ...site.tftp, root }, machines };
}

async function temporaryFolder(cleanup: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-alpine-"));
  cleanup.defer(() => rm(folder, { recursive: true }));
  return folder;
}

async function served(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = join(folder, "served");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

/** A key, and how a host of the segment tries it: by ssh where this machine has it, else by what sshd says first. */
async function sshKey(folder: string) {
  const { isProgram } = hostFiles();
  if (!isProgram("ssh") || !isProgram("ssh-keygen")) {
    return {
      publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f nobody\n",
      tried: "sshd greets (no ssh here to log in with)",
      shows: /^SSH-2\.0-OpenSSH_9\.6/,
      tries: (_: ScenarioLab, address: string) => greeting(address),
    };
  }
  const file = join(folder, "key");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
  return {
    publicKey: await readFile(`${file}.pub`, "utf8"),
    tried: "a host of the segment logs in with the key",
    shows: /^node1\n3\.19\.1$/,
    tries: async (lab: ScenarioLab, address: string) => {
      const host = await lab.host({ address: "10.69.0.50/24" });
      const words = options.flatMap((option) => ["-o", option]);
      return await host.run("ssh", [
        ...["-F", "none", "-i", file, "-o", "IdentitiesOnly=yes", ...words],
        ...[`root@${address}`, "hostname; cat /etc/alpine-release"],
      ]);
    },
  };
}

async function greeting(address: string): Promise<string> {
  const socket = connect(22, address);
  try {
    for await (const data of socket) return String(data);
    return "";
  } finally {
    socket.destroy();
  }
}
