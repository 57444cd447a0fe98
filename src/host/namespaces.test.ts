import { describe, expect, test } from "vitest";
import type { NamespaceSettings } from "./namespace-causes.ts";
import { namespaceTrouble } from "./namespace-causes.ts";
import type { NamespaceTrial } from "./namespaces.ts";
import { readTrial, tryNamespaces } from "./namespaces.ts";
import type { TunDevice } from "./tun.ts";

const openTun: TunDevice = { path: "/dev/net/tun", state: "open", mode: "0666" };

describe("trying namespaces", () => {
  test("ends with success or with the step that failed and its words", async () => {
    const trial = await tryNamespaces({ signal: new AbortController().signal });
    if (trial.failed === undefined) expect(trial).toEqual({ uid: process.getuid?.() });
    else expect(trial.said).not.toBe("");
  });

  test("leaves no bridge behind on the host", async () => {
    const { readdir } = await import("node:fs/promises");
    const before = await readdir("/sys/class/net");
    await tryNamespaces({ signal: new AbortController().signal });
    expect(await readdir("/sys/class/net")).toEqual(before);
  });

  test.each([
    ["tools", ["setpriv: failed to execute unshare: No such file or directory"]],
    ["create", ["unshare: unshare failed: Operation not permitted"]],
    ["uid-map", ["unshare: write failed /proc/self/uid_map: Operation not permitted"]],
    ["proc", ["unshare: mount /proc failed: Operation not permitted"]],
    [
      "bridge",
      ["step scratch", "step loopback", "step bridge", "RTNETLINK answers: Operation not supported"],
    ],
    ["tap", ["step scratch", "step loopback", "step bridge", "step tap", "open: Permission denied"]],
  ])("%s is read from the output", (failed, lines) => {
    expect(readTrial(1000, lines)).toEqual({ uid: 1000, failed, said: lines.at(-1) });
  });
});

describe("the cause of a failed namespace", () => {
  const plain: NamespaceSettings = { inContainer: false, kernelHasThem: true };
  const created: NamespaceTrial = {
    uid: 1000,
    failed: "create",
    said: "unshare: unshare failed: Operation not permitted",
  };
  const tap: NamespaceTrial = { uid: 1000, failed: "tap", said: "open: Permission denied" };

  test.each<[string, NamespaceTrial, Partial<NamespaceSettings>, RegExp]>([
    [
      "the distribution's switch",
      created,
      { unprivilegedUsernsClone: 0 },
      /^sysctl -w kernel.unprivileged_userns_clone=1$/,
    ],
    [
      "no namespaces allowed",
      created,
      { maxUserNamespaces: 0 },
      /^sysctl -w user.max_user_namespaces=28633$/,
    ],
    [
      "no network namespaces",
      { ...created, userAlone: true },
      { maxNetNamespaces: 0 },
      /user.max_net_namespaces=28633/,
    ],
    [
      "AppArmor at the map",
      { ...created, failed: "uid-map" },
      { apparmorRestrictsUserns: 1 },
      /kernel.apparmor_restrict_unprivileged_userns=0$/,
    ],
    [
      "AppArmor inside",
      { ...created, failed: "loopback" },
      { apparmorRestrictsUserns: 1 },
      /kernel.apparmor_restrict_unprivileged_userns=0$/,
    ],
    ["a chroot", { ...created, uid: 0 }, { inChroot: true }, /systemd-nspawn/],
    ["a chroot nobody may look out of", created, { seccompMode: 0 }, /systemd-nspawn/],
    ["a container's filter", created, { seccompMode: 2 }, /seccomp=unconfined/],
    ["a kernel without them", created, { kernelHasThem: false }, /CONFIG_USER_NS/],
    [
      "no bridge module",
      { uid: 0, failed: "bridge", said: "RTNETLINK answers: Operation not supported" },
      {},
      /^modprobe bridge$/,
    ],
    ["no iproute2", { uid: 0, failed: "bridge", said: "sh: 5: ip: not found" }, {}, /dryboot setup/],
    ["who knows what", created, {}, /journalctl -k/],
  ])("is found: %s", (_name, trial, settings, expected) => {
    const trouble = namespaceTrouble(trial, { ...plain, ...settings }, openTun);
    expect(trouble?.mend ?? trouble?.advice).toMatch(expected);
    expect(trouble?.why).toContain(trial.said);
  });

  test("is nothing when nothing failed", () => {
    expect(namespaceTrouble({ uid: 0 }, plain, openTun)).toBeUndefined();
  });

  test("is the tun device's mode when root could open it and another user could not", () => {
    const trouble = namespaceTrouble({ ...tap, uid: 65534 }, plain, { ...openTun, mode: "0600" });
    expect(trouble).toMatchObject({
      mend: "chmod 0666 /dev/net/tun",
      why: expect.stringMatching(/mode 0600/),
    });
  });

  test("does not send root's switch to an ordinary user's refusal of another kind", () => {
    const trouble = namespaceTrouble(
      { ...created, uid: 0 },
      { ...plain, unprivilegedUsernsClone: 0 },
      openTun,
    );
    expect(trouble?.mend).toBeUndefined();
  });
});
