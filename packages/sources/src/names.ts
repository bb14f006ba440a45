import { isUtf8 } from "node:buffer";
import { ExhibitError } from "@exhibit/contracts/errors";

/** The name as text, or undefined when it isn't UTF-8. Nothing is normalised: the text leads back to the same bytes. */
export function decodeName(name: Buffer): string | undefined {
  return isUtf8(name) ? name.toString("utf8") : undefined;
}

/**
 * Renders a name that isn't UTF-8 for people, and without loss: a byte that isn't text, or is a control
 * character, becomes `\xff`, a backslash becomes `\\`.
 */
export function showName(name: Buffer): string {
  let shown = "";
  for (let at = 0; at < name.length; ) {
    const character = characterAt(name, at);
    shown += character === undefined ? escapeByte(name[at] ?? 0) : character.replace("\\", "\\\\");
    at += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return shown;
}

/**
 * The entry of a name that can't be stored.
 *
 * Its path begins with `./`, which no path of a walk does, so it is never that of a file whose name
 * happens to be the rendering.
 */
export function invalidName(name: Buffer, folder: string) {
  const shown = showName(name);
  const path = `./${folder === "" ? shown : `${folder}/${shown}`}`;
  const error = new ExhibitError(
    "NAME_INVALID",
    `The name ${shown} isn't UTF-8; neither it nor anything below it was taken.`,
    { details: { path, name_hex: name.toString("hex") } },
  );
  return { kind: "faulty", path, error } as const;
}

/** The printable UTF-8 character that begins at `at`, if one does. */
function characterAt(name: Buffer, at: number): string | undefined {
  for (let length = 1; length <= 4 && at + length <= name.length; length++) {
    const bytes = name.subarray(at, at + length);
    if (isUtf8(bytes)) return isControl(bytes) ? undefined : bytes.toString("utf8");
  }
  return undefined;
}

function isControl(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  return bytes.length === 1 && (first < 0x20 || first === 0x7f);
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
