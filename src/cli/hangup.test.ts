import { describe, expect, test } from "vitest";
import { takeHangups } from "./hangup.ts";

const hangUp = () => void process.emit("SIGHUP", "SIGHUP");

describe("hangups", () => {
  test("that come before anybody listens are told once, later ones each", () => {
    using hangups = takeHangups();
    let heard = 0;
    hangUp();
    hangUp();
    hangups.listen(() => {
      heard += 1;
    });
    expect(heard).toBe(1);
    hangUp();
    hangUp();
    expect(heard).toBe(3);
  });

  test("are nobody's business when none came", () => {
    using hangups = takeHangups();
    hangups.listen(() => expect.unreachable("nobody hung up"));
  });

  test("end the program again afterwards", () => {
    const before = process.listenerCount("SIGHUP");
    {
      using _hangups = takeHangups();
      expect(process.listenerCount("SIGHUP")).toBe(before + 1);
    }
    expect(process.listenerCount("SIGHUP")).toBe(before);
  });
});
