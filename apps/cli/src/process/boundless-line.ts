/** Returns the warning about a folder of `sources.roots` that is a whole file system. */
export function boundlessLine(root: string): string {
  return `${root} of sources.roots is a whole file system: whatever the worker's user can read, keys and passwords too, can be imported. Name the folders of the evidence instead.`;
}
