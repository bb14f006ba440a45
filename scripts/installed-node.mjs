import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, relative } from "node:path";
import { inRoot } from "./root.mjs";

const isWindows = process.platform === "win32";
const folder = `node_modules/node-${isWindows ? "win" : process.platform}-${process.arch}`;

/** The path where npm puts the Node 24 of package.json's optional packages. Some platforms have none. */
export const installedNode = inRoot(`${folder}/bin/${isWindows ? "node.exe" : "node"}`);

/**
 * Creates the link node_modules/.bin/node, by which npm's scripts and npx find Node 24, if npm
 * didn't: npm 10 removes it when it drops the packages of other platforms, whose links have the
 * same name.
 */
export function linkInstalledNode() {
  const link = inRoot("node_modules/.bin/node");
  // On Windows npm creates a script instead, which needs no fix.
  if (isWindows || existsSync(link) || !existsSync(installedNode)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), installedNode), link);
}
