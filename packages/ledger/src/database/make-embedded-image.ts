import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";
import { embeddedImage } from "./embedded-image.ts";

// Makes the file that `ensureDatabase` unpacks, with PGlite's own initdb:
// node packages/ledger/src/database/make-embedded-image.ts

const folder = await mkdtemp(join(tmpdir(), "exhibit-embedded-image-"));
try {
  const pglite = await PGlite.create(join(folder, "ledger"));
  const tar = Buffer.from(await (await pglite.dumpDataDir("none")).arrayBuffer());
  await pglite.close();
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  await writeFile(embeddedImage, await promisify(brotliCompress)(tar, { params }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
