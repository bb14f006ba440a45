import { crc32 } from "node:zlib";

// 1 January 1980, the first day that a ZIP can name: the clock must not change the bytes.
const dosDate = 0x0021;
const utf8Names = 0x0800;

/** A ZIP whose entries are stored as they are, in the order given. */
export function makeZip(entries: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const file = Buffer.from(name);
    const data = Buffer.from(text);
    const facts = factsOf(file, data);
    const local = Buffer.concat([u32(0x04034b50), facts, file, data]);
    // Version of the maker; then the facts; no comment, disk 0, no attributes; where the local
    // header begins.
    central.push(u32(0x02014b50), u16(20), facts, u16(0, 0, 0), u32(0, offset), file);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const count = locals.length;
  const end = [u32(0x06054b50), u16(0, 0, count, count), u32(directory.length, offset), u16(0)];
  return Buffer.concat([...locals, directory, ...end]);
}

/**
 * What the local and the central header have in common: version, flags, method 0, time, check sum,
 * sizes, lengths.
 */
function factsOf(name: Buffer, data: Buffer): Buffer {
  return Buffer.concat([
    u16(20, utf8Names, 0, 0, dosDate),
    u32(crc32(data), data.length, data.length),
    u16(name.length, 0),
  ]);
}

function u16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => void buffer.writeUInt16LE(value, index * 2));
  return buffer;
}

function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => void buffer.writeUInt32LE(value, index * 4));
  return buffer;
}
