import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatError } from "../../core/errors.ts";
import { folderWith } from "./layers.fixture.ts";
import { SecretKeeper } from "./secret-keeper.ts";
import { SecretStore, secretsFolder } from "./secret-store.ts";

const value = "hunter2 and some more";
const inFolder = async () => new SecretStore(join(await folderWith({}), "secrets"));
const filled = async () => {
  const store = await inFolder();
  await store.init();
  await store.set("db-password", Buffer.from(value));
  return store;
};
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe("secrets", () => {
  test("lie where the user says, else among their settings", () => {
    expect(secretsFolder({ DRYBOOT_SECRETS: "/srv/secrets" })).toBe("/srv/secrets");
    expect(secretsFolder({ XDG_CONFIG_HOME: "/home/me/.config" })).toBe("/home/me/.config/dryboot/secrets");
  });

  test("are encrypted, for their owner alone, and come back as they were", async () => {
    const store = await filled();
    const file = join(store.folder, "db-password.age");
    expect((await readFile(file)).includes(value)).toBe(false);
    expect((await readFile(file, "latin1")).split("\n", 2)).toEqual([
      "age-encryption.org/v1",
      expect.stringMatching(/^-> X25519 /),
    ]);
    expect([await mode(file), await mode(join(store.folder, "identity")), await mode(store.folder)]).toEqual([
      "600",
      "600",
      "700",
    ]);
    const values = await (await SecretKeeper.open(store)).values(["db-password"]);
    expect(Buffer.from(values.get("db-password") ?? "").toString()).toBe(value);
  });

  test("are listed by name, replaced and removed", async () => {
    const store = await filled();
    await store.set("api", Buffer.from("a"));
    await store.set("api", Buffer.from("b"));
    await writeFile(join(store.folder, "Not a secret.age"), "");
    expect(await store.list()).toEqual(["api", "db-password"]);
    await store.remove("db-password");
    expect(await store.list()).toEqual(["api"]);
    expect((await readdir(store.folder)).sort()).toEqual(["Not a secret.age", "api.age", "identity"]);
    await expect(store.remove("db-password")).rejects.toThrow("there is no secret db-password");
  });

  test("have one identity, which stays", async () => {
    const store = await filled();
    const identity = await readFile(join(store.folder, "identity"), "utf8");
    await expect(store.init()).rejects.toThrow("there is an identity already");
    expect(await readFile(join(store.folder, "identity"), "utf8")).toBe(identity);
  });

  test("are never made in a repository, nor their identity", async () => {
    const store = await inFolder();
    await mkdir(join(store.folder, "../.git"));
    await expect(store.init()).rejects.toThrow("is a Git repository");
    expect(await readdir(join(store.folder, ".."))).toEqual([".git"]);
  });

  test.each(["../escape", "UPPER", "", "a/b", "x".repeat(65), ".hidden"])(
    "are not named %j",
    async (name) => {
      const store = await filled();
      await expect(store.set(name, Buffer.from("x"))).rejects.toThrow("this is no name of a secret");
      await expect(store.remove(name)).rejects.toThrow("this is no name of a secret");
    },
  );

  test.each([
    ["nothing", ""],
    ["more than anybody needs", "x".repeat(65_537)],
  ])("are not %s", async (_, text) => {
    await expect((await filled()).set("a", Buffer.from(text))).rejects.toThrow(
      "a secret has 1 to 65536 bytes",
    );
  });

  test("need an identity that nobody else may read", async () => {
    await expect((await inFolder()).set("a", Buffer.from(value))).rejects.toThrow("there is no identity");
    const store = await filled();
    await chmod(join(store.folder, "identity"), 0o640);
    const error: unknown = await store.set("a", Buffer.from(value)).catch((cause: unknown) => cause);
    expect(formatError(error)).toContain("others may read the identity");
    expect(formatError(error)).not.toContain(value);
  });

  test("that another identity encrypted are an error that says nothing of them", async () => {
    const [one, other] = [await filled(), await filled()];
    await writeFile(
      join(one.folder, "db-password.age"),
      await readFile(join(other.folder, "db-password.age")),
    );
    const error: unknown = await (await SecretKeeper.open(one))
      .values(["db-password"])
      .catch((cause: unknown) => cause);
    expect(formatError(error)).toContain("the secret db-password cannot be read with this identity");
    expect(formatError(error)).not.toContain("AGE-SECRET-KEY");
  });
});

describe("a running server's secrets", () => {
  test("are what was set meanwhile", async () => {
    const store = await filled();
    const keeper = await SecretKeeper.open(store);
    await store.set("late", Buffer.from("x"));
    await expect(keeper.check(["late"])).rejects.toThrow("there is no secret late");
    await keeper.refresh();
    await keeper.check(["late", "db-password"]);
  });

  test("stay known when its user may not read them any more", async () => {
    const store = await filled();
    const keeper = await SecretKeeper.open(store);
    await writeFile(join(store.folder, "identity"), "lost");
    await store.remove("db-password");
    await mkdir(join(store.folder, "db-password.age")); // no file can be read there
    await keeper.refresh();
    await keeper.check(["db-password"]);
  });

  test("are nobody's trouble where a site needs none", async () => {
    const keeper = await SecretKeeper.open(new SecretStore("/nowhere/at/all"));
    await keeper.check([]);
    await expect(keeper.check(["a"])).rejects.toMatchObject({
      hint: expect.stringContaining("secret set a"),
    });
  });
});
