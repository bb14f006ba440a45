import { type FileHandle, open } from "node:fs/promises";
import type { FileBody } from "@exhibit/contracts";
import { createDigester } from "@exhibit/sources";

/** Returns bytes as a body that can be stored. */
export function bodyOfBytes(bytes: Uint8Array): FileBody {
  const whole = Buffer.from(bytes);
  return bodyOf(whole.length, async (position, length) =>
    whole.subarray(position, position + length),
  );
}

/** Returns a file of this machine, which nobody else knows of, as a body that can be stored. */
export async function bodyOfFile(path: string): Promise<FileBody & AsyncDisposable> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    ...bodyOf(size, (position, length) => readAt(file, position, length)),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function bodyOf(
  size: number,
  read: (position: number, length: number) => Promise<Buffer>,
): FileBody {
  let position = 0;
  let digester = createDigester();
  return {
    size,
    async read(length) {
      const bytes = await read(position, Math.min(length, size - position));
      position += bytes.length;
      const { crc64, sha256 } = digester.digest(bytes, position === size);
      return { bytes, crc64, sha256: sha256 && Buffer.from(sha256), release() {} };
    },
    async rewind() {
      position = 0;
      digester = createDigester();
    },
  };
}
