import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, relative } from "node:path";
import { inRoot } from "./root.mjs";

const isWindows = process.platform === "win32";
const folder = `node_modules/node-${isWindows ? "win" : process.platform}-${process.arch}`;

/** Where npm puts the Node 24 of package.json's optional packages; there is none for some platforms. */
export const installedNode = inRoot(`${folder}/bin/${isWindows ? "node.exe" : "node"}`);

/**
 * Makes the link node_modules/.bin/node, by which npm's scripts and npx find Node 24, where npm didn't: npm 10 takes it
 * away again when it drops the packages of the other platforms, as they have a link of the same name.
 */
export function linkInstalledNode() {
  const link = inRoot("node_modules/.bin/node");
  // On Windows npm makes a script instead, for which there is nothing to mend.
  if (isWindows || existsSync(link) || !existsSync(installedNode)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), installedNode), link);
}
