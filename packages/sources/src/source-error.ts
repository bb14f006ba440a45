import { type ErrorCode, ExhibitError } from "@exhibit/contracts/errors";

/** What the operating system says, as ours. What isn't named here is SOURCE_IO: worth another try. */
const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "SOURCE_NOT_FOUND",
  ENOTDIR: "SOURCE_NOT_FOUND",
  EACCES: "SOURCE_UNREADABLE",
  EPERM: "SOURCE_UNREADABLE",
  // A symbolic link where O_NOFOLLOW forbids one, or a circle of them.
  ELOOP: "SOURCE_UNREADABLE",
  // Deeper than PATH_MAX: it is there, but no call of the operating system can name it.
  ENAMETOOLONG: "SOURCE_UNREADABLE",
  // What opening a socket gives.
  ENXIO: "SOURCE_UNREADABLE",
};

const sentenceOf: Readonly<Partial<Record<ErrorCode, string>>> = {
  SOURCE_NOT_FOUND: "isn't there",
  SOURCE_UNREADABLE: "may not be read",
};

/**
 * Makes an error of ours from one of the file system, in this one place.
 *
 * @param path what the message names
 */
export function sourceError(thrown: unknown, path: string): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  const errno = errnoOf(thrown);
  const code = codeOfErrno[errno] ?? "SOURCE_IO";
  const sentence = sentenceOf[code] ?? "can't be read now";
  return new ExhibitError(code, `${path} ${sentence} (${errno}).`, {
    cause: thrown,
    details: { path, errno },
  });
}

export function errnoOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "unknown error";
}
