import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HexDigest } from "../digest/digest.ts";
import { manifestLine } from "./manifest.ts";

/** How many characters of lines are collected before they are written. */
const FLUSH_CHARACTERS = 64 * 1024;

export type Bytes = string | Uint8Array;

/** The files of a bag that aren't payload, digested while they are written into a folder. */
export class TagFiles {
  readonly #folder: string;
  readonly #digests = new Map<string, HexDigest>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes a whole file. */
  async write(name: string, body: Bytes | AsyncIterable<Bytes>): Promise<void> {
    const file = await this.open(name);
    try {
      if (typeof body === "string" || body instanceof Uint8Array) await file.send(body);
      else for await (const part of body) await file.send(part);
    } finally {
      await file.close();
    }
  }

  /** Opens a file that is written bit by bit; it has to be closed. */
  async open(name: string): Promise<TagFile> {
    const path = join(this.#folder, name);
    await mkdir(dirname(path), { recursive: true });
    return new TagFile(await open(path, "wx"), (digest) => this.#digests.set(name, digest));
  }

  /** Returns the SHA-256 of a file that is closed. */
  digestOf(name: string): HexDigest | undefined {
    return this.#digests.get(name);
  }

  /** Writes the manifest of all that is there. */
  async writeManifest(): Promise<void> {
    const lines = [...this.#digests].map(([path, digest]) => `${manifestLine({ digest, path })}\n`);
    await this.write("tagmanifest-sha256.txt", lines.join(""));
  }
}

/** A tag file that is being written. */
export class TagFile {
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  readonly #whenClosed: (digest: HexDigest) => void;
  #lines = "";
  /** How many lines were added. */
  count = 0;

  constructor(file: FileHandle, whenClosed: (digest: HexDigest) => void) {
    this.#file = file;
    this.#whenClosed = whenClosed;
  }

  /** Adds a line, which has no end; returns a promise when it is time to wait for the disk. */
  line(text: string): Promise<void> | undefined {
    this.#lines += `${text}\n`;
    this.count += 1;
    return this.#lines.length < FLUSH_CHARACTERS ? undefined : this.#flush();
  }

  async send(bytes: Bytes): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
      this.#whenClosed(this.#hash.digest("hex"));
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") await this.send(lines);
  }
}
