import { readFileSync } from "node:fs";

/**
 * The part of WebAssembly that is needed here: TypeScript's own types of it come with the
 * browser's.
 */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Crc64Exports {
  memory: { buffer: ArrayBuffer };
  /** Where in `memory` the bytes go. */
  buffer: { value: number };
  /**
   * Returns the CRC64 of all bytes so far, signed, given the one before the buffer's first
   * `length`.
   */
  update(crc64: bigint, length: number): bigint;
}

const module = new WebAssembly.Module(readFileSync(new URL("crc64.wasm", import.meta.url)));
const { memory, buffer, update } = new WebAssembly.Instance(module).exports as Crc64Exports;
const input = new Uint8Array(memory.buffer, buffer.value);

/**
 * Returns the CRC-64/XZ of bytes, unsigned: the parameters of `x-oss-hash-crc64ecma`. `before` is
 * that of the bytes that come before them.
 */
export function crc64(bytes: Uint8Array, before = 0n): bigint {
  let crc = before;
  for (let at = 0; at < bytes.length; at += input.length) {
    const piece = bytes.subarray(at, at + input.length);
    input.set(piece);
    crc = update(crc, piece.length);
  }
  return BigInt.asUintN(64, crc);
}
