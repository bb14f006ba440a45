import fc from "fast-check";
import { expect, test } from "vitest";
import { type CompleteResponse, createResponseReader } from "../../../src/http/response-reader.ts";

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello';

function read(text: string, method = "PUT"): CompleteResponse | undefined {
  return createResponseReader(method).take(Buffer.from(text, "latin1"));
}

test("a response with a length is complete with its last byte, and its connection is reusable", () => {
  const reader = createResponseReader("PUT");
  expect(reader.take(Buffer.from(OK.slice(0, -1)))).toBeUndefined();
  const whole = reader.take(Buffer.from("o"));
  expect(whole).toMatchObject({
    reusable: true,
    response: { status: 200, headers: { etag: '"x"' } },
  });
  expect(whole?.response.body.toString()).toBe("hello");
});

test("chunks are joined, without extensions and trailers", () => {
  const chunks = "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n";
  const whole = read(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
  expect(whole?.response.body.toString()).toBe("hello world");
  expect(whole?.reusable).toBe(true);
});

test("the pieces that a response arrives in make no difference", () => {
  const responses = [
    OK,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...responses), fc.array(fc.nat({ max: 80 })), (response, cuts) => {
      const reader = createResponseReader("PUT");
      const bounds = [0, ...cuts.map((cut) => cut % response.length), response.length].sort(
        (a, b) => a - b,
      );
      let whole: CompleteResponse | undefined;
      for (let i = 1; i < bounds.length; i++) {
        const piece = Buffer.from(response.slice(bounds[i - 1], bounds[i]));
        if (piece.length === 0) continue;
        expect(whole).toBeUndefined();
        whole = reader.take(piece);
      }
      expect(whole?.response).toEqual(read(response)?.response);
      expect(whole).toBeDefined();
    }),
  );
});

test("an interim response is skipped", () => {
  const text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
  expect(read(text)?.response.status).toBe(204);
});

test("a declared body isn't waited for where none comes", () => {
  const head = (status: string) => `HTTP/1.1 ${status}\r\nContent-Length: 512\r\n\r\n`;
  expect(read(head("200 OK"), "HEAD")).toMatchObject({ reusable: true });
  expect(read(head("304 Not Modified"))).toMatchObject({ reusable: true });
  expect(read(head("200 OK"))).toBeUndefined();
});

test("a response without a length ends with its connection, which can't be used again", () => {
  const reader = createResponseReader("PUT");
  expect(reader.take(Buffer.from("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>"))).toBeUndefined();
  const whole = reader.end();
  expect(whole?.response.body.toString()).toBe("<html>");
  expect(whole?.reusable).toBe(false);
});

test("a response that is cut off isn't returned", () => {
  const reader = createResponseReader("PUT");
  reader.take(Buffer.from(OK.slice(0, -1)));
  expect(reader.end()).toBeUndefined();
});

test.each([
  ["Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["bytes behind the end", `${OK}more`],
])("a connection isn't used again after %s", (_, text) => {
  expect(read(text)).toMatchObject({ reusable: false, response: { status: 200 } });
});

test.each([
  ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
  ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
  ["a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
  ["a response without end", `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(1024 * 1024)}`],
])("%s is refused", (_, text) => {
  expect(() => read(text)).toThrow("the response");
});

test("a sink gets the body of a success in whatever pieces it arrives, and the response has none", () => {
  const bodies = [
    "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...bodies), fc.array(fc.nat({ max: 130 })), (response, cuts) => {
      const begun: number[] = [];
      let taken = "";
      const reader = createResponseReader("GET", {
        begin: ({ status }) => void begun.push(status),
        take(piece) {
          taken += piece.toString();
          return undefined;
        },
      });
      const bounds = [0, ...cuts.map((cut) => cut % response.length), response.length].sort(
        (a, b) => a - b,
      );
      const received = Buffer.alloc(256);
      const complete = bounds.slice(1).map((bound, index) => {
        const length = received.write(response.slice(bounds[index], bound));
        const result = reader.take(received.subarray(0, length));
        received.fill("?");
        return result;
      });
      expect(complete.at(-1)).toMatchObject({ reusable: true });
      expect(complete.slice(0, -1).filter(Boolean)).toEqual([]);
      expect(complete.at(-1)?.response.body.length).toBe(0);
      expect([taken, begun.length]).toEqual(["hello world", 1]);
    }),
  );
});

test.each([
  ["an error", "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nerror", "error"],
  ["nothing", "HTTP/1.1 204 No Content\r\n\r\n", ""],
])("a sink gets nothing of a response with %s", (_, text, body) => {
  const sink = {
    begin: () => expect.unreachable(),
    take: () => expect.unreachable(),
  };
  const whole = createResponseReader("GET", sink).take(Buffer.from(text));
  expect(whole?.response.body.toString()).toBe(body);
});

test.each([
  ["without its line end", "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX5\r\n"],
  ["of no length", "Transfer-Encoding: chunked\r\n\r\nhello\r\n"],
  ["with an endless line", `Transfer-Encoding: chunked\r\n\r\n${"5".repeat(70_000)}`],
])("a streamed chunk %s is refused", (_, text) => {
  const reader = createResponseReader("GET", { begin() {}, take: () => undefined });
  expect(() => reader.take(Buffer.from(`HTTP/1.1 200 OK\r\n${text}`))).toThrow("broken chunk");
});

test("a streamed body that is cut off isn't complete", () => {
  const reader = createResponseReader("GET", { begin() {}, take: () => undefined });
  reader.take(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"));
  expect(reader.end()).toBeUndefined();
});
