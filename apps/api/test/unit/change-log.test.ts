import { expect, test } from "vitest";
import { createChangeLog, type Thing } from "../../src/progress/fleet/change-log.ts";

const everybody = () => true;

function thing(number: number, more: Partial<Thing> = {}): Thing {
  return {
    key: `import ${number}`,
    name: "import",
    json: `{"n":${number}}`,
    fingerprint: "as it was",
    isOver: false,
    audience: { importId: String(number) },
    ...more,
  };
}

function range(from: number, to: number, more: Partial<Thing> = {}): Thing[] {
  return Array.from({ length: to - from }, (_, at) => thing(from + at, more));
}

test("A thing is told once, as it is now, after what changed before it", () => {
  const log = createChangeLog();
  log.add([thing(1), thing(2)]);
  log.add([thing(1), thing(2)]);
  expect(log.last).toBe(2);
  log.add([thing(1, { fingerprint: "changed", json: '{"n":"new"}' })]);
  const event = (json: string, number: number) =>
    `event: import\ndata: ${json}\nid: ${log.idOf(number)}\n\n`;
  expect(String(log.since(0, everybody))).toBe(event('{"n":2}', 2) + event('{"n":"new"}', 3));
  expect(String(log.since(2, everybody))).toBe(event('{"n":"new"}', 3));
  expect(log.since(3, everybody)).toBeUndefined();
  expect(log.since(0, () => false)).toBeUndefined();
  expect([...log.importIds()].sort()).toEqual(["1", "2"]);
});

test("Whoever missed two thousand changes is told them; with one more, that it is too much", () => {
  const log = createChangeLog();
  log.add(range(0, 2_001));
  expect(String(log.since(1, everybody)).match(/^event:/gm)).toHaveLength(2_000);
  expect(log.since(0, everybody)).toBe("too much");
  // What isn't for them doesn't count.
  const ofOne = (audience: Thing["audience"]) =>
    "importId" in audience && audience.importId === "7";
  expect(String(log.since(0, ofOne)).match(/^event:/gm)).toHaveLength(1);
});

test("The latest five thousand are kept; an id from before them isn't known any more", () => {
  const log = createChangeLog();
  log.add(range(0, 10, { isOver: true }));
  const first = log.idOf(9);
  expect(log.numberOf(first)).toBe(9);
  log.add(range(10, 5_010));
  expect(log.numberOf(first)).toBeUndefined();
  expect(log.numberOf(log.idOf(10))).toBe(10);
  // Nobody knows for whom that was.
  expect(log.since(9, () => false)).toBe("too much");
  // One that is over and forgotten is news when it is seen again; one that goes on isn't.
  log.add([thing(0, { isOver: true }), thing(10)]);
  expect(log.last).toBe(5_011);
});

test("A thing that changes again and again takes the place of one", () => {
  const log = createChangeLog();
  log.add([thing(1)]);
  for (let at = 0; at < 25_000; at += 1) log.add([thing(2, { fingerprint: String(at) })]);
  expect(log.numberOf(log.idOf(1))).toBe(1);
  expect(String(log.since(0, everybody)).match(/^event:/gm)).toHaveLength(2);
});
