import { expect, test } from "vitest";
import { parseSubnet } from "../wire/ipv4.ts";
import { RestingAddresses } from "./lease-resting.ts";

const near = parseSubnet("10.69.0.0/24") ?? { network: "", prefixLength: 0 };
const far = parseSubnet("10.70.0.0/24") ?? { network: "", prefixLength: 0 };

test("counts by network who rests, from the first question on and after it", () => {
  const resting = new RestingAddresses();
  resting.add("10.69.0.5", 100);
  expect([resting.in(near, 0), resting.in(far, 0)]).toEqual([1, 0]);
  resting.add("10.69.0.6", 200);
  resting.add("10.70.0.5", 300);
  resting.add("10.69.0.6", 250); // declined once more
  expect([resting.in(near, 50), resting.in(far, 50)]).toEqual([2, 1]);
  expect([resting.in(near, 100), resting.in(far, 299)]).toEqual([1, 1]);
  resting.delete("10.69.0.6");
  resting.delete("10.69.0.6");
  expect([resting.in(near, 299), resting.in(far, 300)]).toEqual([0, 0]);
});
