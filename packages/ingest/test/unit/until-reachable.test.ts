import { ExhibitError } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { untilReachable } from "../../src/jobs/until-reachable.ts";

const away = () => new ExhibitError("SERVICE_UNREACHABLE", "The ledger doesn't answer");

test("work is repeated until the ledger is reached, and the caller is told each time that it wasn't", async () => {
  let tries = 0;
  let told = 0;
  const work = async () => {
    tries += 1;
    if (tries < 3) throw away();
    return "recorded";
  };
  const { signal } = new AbortController();
  expect(await untilReachable(work, signal, () => void told++)).toBe("recorded");
  expect({ tries, told }).toEqual({ tries: 3, told: 2 });
});

test("after its signal aborts, the work is tried once more and then fails", async () => {
  const stop = new AbortController();
  let tries = 0;
  const work = async () => {
    tries += 1;
    throw away();
  };
  const waiting = untilReachable(work, stop.signal, () => stop.abort());
  await expect(waiting).rejects.toMatchObject({ code: "SERVICE_UNREACHABLE" });
  expect(tries).toBe(2);
});

test("any other error is thrown at once", async () => {
  const work = () => Promise.reject(new ExhibitError("INTERNAL", "a wrong statement"));
  const { signal } = new AbortController();
  await expect(untilReachable(work, signal)).rejects.toMatchObject({ code: "INTERNAL" });
});
