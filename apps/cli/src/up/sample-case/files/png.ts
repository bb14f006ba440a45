import { crc32, deflateSync } from "node:zlib";
import type { Random } from "./random.ts";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG of 8-bit RGB: a plan-like picture of overlapping rectangles. */
export function makePng(width: number, height: number, random: Random): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a sample, colour type 2 (RGB), then compression, filter and interlace methods 0.
  header.set([8, 2, 0, 0, 0], 8);
  // Level 0 stores the bytes as they are: what a compressor makes of them differs between versions
  // of zlib.
  const data = deflateSync(rectangles(width, height, random), { level: 0 });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** Rows of a filter byte (0: none) and three bytes a pixel. */
function rectangles(width: number, height: number, random: Random): Buffer {
  const stride = 1 + width * 3;
  const rows = Buffer.alloc(stride * height, 0xee);
  for (let row = 0; row < height; row += 1) rows[row * stride] = 0;
  for (let count = 0; count < 12; count += 1) {
    const left = random.below(width);
    const top = random.below(height);
    const right = Math.min(width, left + 8 + random.below(width >> 1));
    const bottom = Math.min(height, top + 8 + random.below(height >> 1));
    const colour = random.bytes(3);
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) rows.set(colour, y * stride + 1 + x * 3);
    }
  }
  return rows;
}
