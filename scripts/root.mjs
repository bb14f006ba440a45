import { fileURLToPath } from "node:url";

/** The checkout, as a URL that ends in a slash. */
const root = new URL("../", import.meta.url);

/** Returns the absolute path of something in the checkout. */
export function inRoot(path) {
  return fileURLToPath(new URL(path, root));
}
