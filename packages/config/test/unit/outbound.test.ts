import { expect, it } from "vitest";
import { parseConfig } from "../../src/index.ts";

const others = { sources: { roots: ["/evidence"] }, vendors: {} };

function faultsOf(webhooks: unknown): string {
  try {
    parseConfig({ ...others, webhooks }, "memory");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

it("says what webhooks may call", () => {
  const webhooks = {
    allowed_hosts: ["portal.example.com", "*.hooks.example", "10.1.2.3", "[::1]"],
    allowed_ranges: ["10.1.0.0/16", "fd00::/8", "192.168.1.7"],
    ports: [8443],
    plain: true,
  };
  expect(parseConfig({ ...others, webhooks }, "memory").webhooks).toEqual(webhooks);
  expect(parseConfig(others, "memory").webhooks).toBeUndefined();
});

it.each([
  [{ allowed_hosts: [] }, "webhooks.allowed_hosts"],
  [{ allowed_hosts: ["https://portal.example.com"] }, "webhooks.allowed_hosts.0"],
  [{ allowed_hosts: ["portal.example.com:8443"] }, "webhooks.allowed_hosts.0"],
  [{ allowed_hosts: ["a.*.example"] }, "webhooks.allowed_hosts.0"],
  [{ allowed_ranges: ["10.1.0.0/33"] }, "webhooks.allowed_ranges.0"],
  [{ allowed_ranges: ["everything"] }, "webhooks.allowed_ranges.0"],
  [{ ports: [0] }, "webhooks.ports.0"],
  [{ plain: "yes" }, "webhooks.plain"],
  [{ proxy: "http://a" }, "proxy"],
])("refuses %j by its key", (webhooks, key) => {
  expect(faultsOf(webhooks)).toContain(key);
});
