/** What BagIt 1.0 (RFC 8493) begins a bag with. */
export const bagitText = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/** The members of `bag-info.txt`, in their order. */
const bagInfoNames = [
  "Source-Organization",
  "External-Identifier",
  "Bag-Group-Identifier",
  "External-Description",
  "Bagging-Date",
  "Payload-Oxum",
  "Bag-Software-Agent",
  "Exhibit-Seal-Number",
  "Exhibit-Seal-SHA256",
  "Exhibit-Names",
  "Exhibit-Disclosure",
] as const;
type BagInfoName = (typeof bagInfoNames)[number];
export type BagInfo = Partial<Record<BagInfoName, string | undefined>>;

/** Returns `bag-info.txt`. What isn't known is left out; an end of line becomes a space. */
export function writeBagInfo(info: BagInfo): string {
  return bagInfoNames
    .flatMap((name) => {
      const value = info[name]?.replace(/[\r\n]+/g, " ").trim();
      return value ? [`${name}: ${value}\n`] : [];
    })
    .join("");
}

/** Reads what this program knows of `bag-info.txt`; others may have added to it. */
export function readBagInfo(text: string): BagInfo {
  const info: BagInfo = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf(": ");
    const name = bagInfoNames.find((known) => known === line.slice(0, at));
    if (name !== undefined) info[name] = line.slice(at + 2);
  }
  return info;
}
