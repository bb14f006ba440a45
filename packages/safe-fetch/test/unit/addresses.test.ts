import { expect, test } from "vitest";
import { blockedAddresses, isIn } from "../../src/address/blocked.ts";
import { checkUrl } from "../../src/address/check-url.ts";
import { addressOf, isRange, rangeOf } from "../../src/address/ranges.ts";
import { inside } from "../../src/testing/index.ts";

const outside = ["8.8.8.8", "223.255.255.1", "172.32.0.1", "100.128.0.1", "198.20.0.1"];
const outside6 = ["::ffff:8.8.8.8", "2400:3200::1", "2606:4700::1111", "2001:4860:4860::8888"];

const plain = { plain: true };

test.each(inside)("%s leads inside", (host) => {
  const { hostname } = checkUrl(`http://${host}/`, plain);
  expect(isIn(blockedAddresses(), hostname.replace(/^\[(.*)\]$/, "$1"))).toBe(true);
});

test.each([...outside, ...outside6])("%s is an address on the internet", (address) => {
  expect(isIn(blockedAddresses(), address)).toBe(false);
});

test("an interface's name behind an address changes nothing", () => {
  expect(isIn(blockedAddresses(), "fe80::1%eth0")).toBe(true);
});

test("a network that is allowed is cut out of the list, and nothing beside it", () => {
  const list = blockedAddresses(["10.1.0.0/16", "fd12:3456::/32", "127.0.0.1"]);
  const allowed = ["10.1.0.0", "10.1.255.255", "::ffff:10.1.0.9", "fd12:3456::1", "127.0.0.1"];
  const blocked = ["10.0.255.255", "10.2.0.0", "fd12:3455:ffff::", "fd12:3457::", "127.0.0.2"];
  expect(allowed.filter((address) => isIn(list, address))).toEqual([]);
  expect(blocked.filter((address) => !isIn(list, address))).toEqual([]);
});

test("nothing but some networks is called, where that is wanted", () => {
  const list = blockedAddresses(["127.0.0.0/8", "::1"], true);
  const allowed = ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "::1"];
  const blocked = ["8.8.8.8", "::ffff:8.8.8.8", "10.0.0.1", "::2", "2400:3200::1", "128.0.0.0"];
  expect(allowed.filter((address) => isIn(list, address))).toEqual([]);
  expect(blocked.filter((address) => !isIn(list, address))).toEqual([]);
});

test("a network is read whatever its form, and its own bits decide", () => {
  expect(rangeOf("10.1.2.3/8")).toEqual(rangeOf("10.0.0.0/8"));
  const { from, to, family } = rangeOf("2001:DB8::1:0/112");
  expect([addressOf(from, family), addressOf(to, family)]).toEqual([
    "2001:db8:0:0:0:0:1:0",
    "2001:db8:0:0:0:0:1:ffff",
  ]);
  expect(rangeOf("::ffff:10.0.0.0/104").from).toBe(rangeOf("::ffff:a00:0/104").from);
});

test.each(["", "10.0.0.0/33", "::/129", "10.0.0/8", "host", "10.0.0.0/-1", "fe80::1%eth0"])(
  "%j isn't a network",
  (text) => expect(isRange(text)).toBe(false),
);

test.each([
  ["ftp://example.com/", "must begin with https://."],
  ["http://example.com/", "must begin with https://."],
  ["https://user@127.0.0.1/", "user or a password"],
  ["https://:word@example.com/", "user or a password"],
  ["https://example.com/#part", "fragment"],
  ["https://example.com/#", "fragment"],
  ["https://example.com:6379/", "Port 6379"],
  ["https://example.com:80/", "Port 80"],
  ["https:///", "can't be read"],
  ["/v1/hook", "can't be read"],
  [`https://example.com/${"x".repeat(4096)}`, "4,096 characters"],
])("%s is refused by its text", (text, reason) => {
  expect(() => checkUrl(text, {})).toThrow(
    expect.objectContaining({ code: "ADDRESS_REFUSED", message: expect.stringContaining(reason) }),
  );
});

test("a message about an address never holds what may be a secret in it", () => {
  const text = "https://a:hunter2@example.com/hunter2?token=hunter2#hunter2";
  expect(() => checkUrl(text, {})).toThrow(/^(?!.*hunter2)/s);
});

test("http:, other ports and hosts as far as they are allowed", () => {
  const policy = { plain: true, ports: [8443], allowedHosts: ["Example.com", "*.hooks.test"] };
  const fine = [
    "http://example.com/",
    "https://EXAMPLE.com.:8443/x?y=1",
    "https://a.b.hooks.test/",
  ];
  for (const text of fine) expect(checkUrl(text, policy).href).toBe(new URL(text).href);
  const others = [
    "https://hooks.test/",
    "https://nothooks.test/",
    "https://example.com.evil.test/",
  ];
  for (const text of others) expect(() => checkUrl(text, policy)).toThrow("isn't a host");
});

test("an address is allowed by its own form alone", () => {
  const policy = { allowedHosts: ["*.1", "::1", "10.0.0.7"] };
  expect(() => checkUrl("https://127.0.0.1/", policy)).toThrow("isn't a host");
  expect(checkUrl("https://[0::1]/", policy).hostname).toBe("[::1]");
  expect(checkUrl("https://0xa.7/", policy).hostname).toBe("10.0.0.7");
});
