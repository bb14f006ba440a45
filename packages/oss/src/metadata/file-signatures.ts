/** What the first bytes of a file tell of it. */
export interface Kind {
  type: string;
  /**
   * Whether files of other kinds begin the same way: a document is a ZIP archive, a raw photo a
   * TIFF. Such bytes say less than a name that is known.
   */
  isContainer: boolean;
}

/** Bytes of a file's beginning that suffice to tell its kind. */
export const HEAD_BYTES = 18;

/** A position, and the bytes (in Latin-1) that a kind has there. */
type Mark = readonly [at: number, bytes: string];

const alone = (type: string, ...marks: Mark[]) => ({ kind: { type, isContainer: false }, marks });
const container = (type: string, ...marks: Mark[]) => ({
  kind: { type, isContainer: true },
  marks,
});

const signatures = [
  alone("application/pdf", [0, "%PDF-"]),
  alone("image/jpeg", [0, "\xff\xd8\xff"]),
  alone("image/png", [0, "\x89PNG\r\n\x1a\n"]),
  alone("image/gif", [0, "GIF87a"]),
  alone("image/gif", [0, "GIF89a"]),
  alone("image/webp", [0, "RIFF"], [8, "WEBP"]),
  // Two letters prove too little: the reserved bytes must be zero, too, and the header must have
  // one of the lengths that exist.
  ...["\x0c", "\x28", "\x34", "\x38", "\x40", "\x6c", "\x7c"].map((length) =>
    alone("image/bmp", [0, "BM"], [6, "\0\0\0\0"], [14, `${length}\0\0\0`]),
  ),
  container("image/tiff", [0, "II*\0"]),
  container("image/tiff", [0, "MM\0*"]),
  container("audio/wav", [0, "RIFF"], [8, "WAVE"]),
  container("video/x-msvideo", [0, "RIFF"], [8, "AVI "]),
  container("audio/amr", [0, "#!AMR"]),
  container("application/zip", [0, "PK\x03\x04"]),
  container("application/vnd.rar", [0, "Rar!\x1a\x07"]),
  container("application/x-7z-compressed", [0, "7z\xbc\xaf\x27\x1c"]),
  container("application/gzip", [0, "\x1f\x8b\x08"]),
  // These are told by their brands; "ftyp" alone says nothing.
  ...Object.entries({
    "video/mp4": ["isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV"],
    "video/quicktime": ["qt  "],
    "video/3gpp": ["3gp4", "3gp5", "3gp6"],
    "audio/mp4": ["M4A "],
    "image/heic": ["heic", "heix"],
    "image/heif": ["mif1"],
    "image/avif": ["avif"],
  }).flatMap(([type, brands]) => brands.map((brand) => container(type, [4, `ftyp${brand}`]))),
];

/** Types whose files all begin with bytes that no other kind begins with. */
export const typesAlone: ReadonlySet<string> = new Set(
  signatures.filter(({ kind }) => !kind.isContainer).map(({ kind }) => kind.type),
);

/** Signatures by their first byte. `ftyp` follows a length, whose first byte is 0. */
const byFirstByte = Map.groupBy(signatures, ({ marks: [first] }) =>
  first?.[0] === 0 ? first[1].charCodeAt(0) : 0,
);

/**
 * Returns the kind of a file that begins with `head`; undefined if that doesn't tell for certain.
 */
export function kindOf(head: Uint8Array): Kind | undefined {
  return byFirstByte
    .get(head[0] ?? -1)
    ?.find(({ marks }) => marks.every((mark) => bears(head, mark)))?.kind;
}

function bears(head: Uint8Array, [at, bytes]: Mark): boolean {
  for (let index = 0; index < bytes.length; index += 1) {
    if (head[at + index] !== bytes.charCodeAt(index)) return false;
  }
  return true;
}
