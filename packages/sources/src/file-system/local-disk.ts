import { statfs } from "node:fs/promises";
import { onDisk } from "./raw-paths.ts";

/** Linux's numbers (statfs(2)) for file systems on this machine's disks or in its memory. */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs, of a container
]);

/**
 * Returns whether the folder at a raw path lies on a disk of this machine, which answers or fails,
 * while a share may hang. Returns false where that can't be told.
 */
export async function isOnLocalDisk(path: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  try {
    return LOCAL.has((await statfs(onDisk(path))).type);
  } catch {
    return false;
  }
}
