import { readFileSync } from "node:fs";

/** What we need of it; TypeScript knows it as a part of the browser only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Crc64Exports {
  memory: { buffer: ArrayBuffer };
  /** Where in the memory the bytes go. */
  buffer: { value: number };
  /** The CRC64 of what came before, and of the buffer's first bytes: signed. */
  update(crc64: bigint, length: number): bigint;
}

const module = new WebAssembly.Module(readFileSync(new URL("crc64.wasm", import.meta.url)));
const { memory, buffer, update } = new WebAssembly.Instance(module).exports as Crc64Exports;
const room = new Uint8Array(memory.buffer, buffer.value);

/** CRC-64/XZ, the parameters of `x-oss-hash-crc64ecma` (PROTOCOLS.md 5.2), unsigned. */
export function crc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (let at = 0; at < bytes.length; at += room.length) {
    const piece = bytes.subarray(at, at + room.length);
    room.set(piece);
    crc = update(crc, piece.length);
  }
  return BigInt.asUintN(64, crc);
}
