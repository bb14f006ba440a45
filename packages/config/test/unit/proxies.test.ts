import { describe, expect, it } from "vitest";
import { parseConfig, readEnvironment, secretsOf } from "../../src/index.ts";

const proxy = "http://proxy.test:3128";

/** The proxy of an address, by what the environment says. */
function proxyFor(address: string, variables: Record<string, string>): string | undefined {
  const { protocol, hostname, port } = new URL(address);
  const secure = protocol === "https:";
  const target = {
    secure,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || (secure ? 443 : 80)),
  };
  return readEnvironment(variables).proxies?.rule(target)?.host;
}

describe("the environment's proxies", () => {
  it.each([
    ["https://a.test", { HTTPS_PROXY: proxy }, "proxy.test:3128"],
    ["https://a.test", { https_proxy: proxy, HTTPS_PROXY: "http://other.test" }, "proxy.test:3128"],
    ["https://a.test", { https_proxy: "", HTTPS_PROXY: proxy }, "proxy.test:3128"],
    ["https://a.test", { https_proxy: "proxy.test:3128\n" }, "proxy.test:3128"],
    ["https://a.test", { https_proxy: "https://proxy.test" }, "proxy.test"],
    ["http://a.test", { http_proxy: proxy }, "proxy.test:3128"],
    ["http://a.test", { HTTPS_PROXY: proxy }, undefined],
    ["https://a.test", { HTTP_PROXY: proxy }, undefined],
    ["http://127.0.0.1:9", { HTTP_PROXY: proxy }, "proxy.test:3128"],
    ["https://a.test", {}, undefined],
  ])("lead to %s by %j through %s", (address, variables, expected) => {
    expect(proxyFor(address, variables)).toBe(expected);
  });

  it.each([
    ["https://corp.test", "corp.test", true],
    ["https://a.CORP.test", "Corp.test", true],
    ["https://a.corp.test", ".corp.test", true],
    ["https://corp.test", ".corp.test", true],
    ["https://corp.test", "*.corp.test", true],
    ["https://acorp.test", "corp.test", false],
    ["https://corp.test.", "corp.test", true],
    ["https://corp.test", "other.test corp.test", true],
    ["https://corp.test", "other.test,corp.test,", true],
    ["https://corp.test", "*", true],
    ["https://corp.test", "*, a", true],
    ["https://corp.test:8443", "corp.test:8443", true],
    ["https://corp.test", "corp.test:8443", false],
    ["http://10.1.2.3", "10.0.0.0/8", true],
    ["http://11.1.2.3", "10.0.0.0/8", false],
    ["http://10.1.2.3", "10.1.2.3", true],
    ["http://10.1.2.33", "10.1.2.3", false],
    ["http://127.0.0.1:9", "localhost,127.0.0.1", true],
    ["http://[::1]:9", "::1", true],
    ["http://[fd00::7]", "[fd00::]/16", true],
    ["http://10.1.2.3", "10.0.0.0/99", false],
  ])("%s with NO_PROXY=%s: %s", (address, NO_PROXY, isExcepted) => {
    const variables = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY };
    expect(proxyFor(address, variables)).toBe(isExcepted ? undefined : "proxy.test:3128");
    const small = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, no_proxy: NO_PROXY, NO_PROXY: "x" };
    expect(proxyFor(address, small)).toBe(isExcepted ? undefined : "proxy.test:3128");
  });

  it("are described without their passwords, which are secrets", () => {
    const { proxies } = readEnvironment({
      HTTPS_PROXY: "http://anna:p%40ss@proxy.test:3128",
      HTTP_PROXY: proxy,
      NO_PROXY: ".corp,10.0.0.0/8",
    });
    expect(proxies?.description).toBe("http://proxy.test:3128, not for .corp, 10.0.0.0/8");
    const config = parseConfig({ sources: { roots: ["/e"] }, vendors: {} }, "memory");
    expect(secretsOf(config, { ...(proxies && { proxies }) })).toEqual([
      "p%40ss",
      "p@ss",
      Buffer.from("anna:p@ss").toString("base64"),
    ]);
  });

  it.each([["socks5://s3cret"], ["ftp://s3cret"], ["http://"], ["http://a b"]])(
    "can't be %s",
    (HTTPS_PROXY) => {
      const read = () => readEnvironment({ HTTPS_PROXY });
      expect(read).toThrow(
        /^HTTPS_PROXY: it isn't the address of an http:\/\/ or https:\/\/ proxy$/m,
      );
      expect(read).not.toThrow("s3cret");
    },
  );
});
