import { isUtf8 } from "node:buffer";
import { ExhibitError } from "@exhibit/contracts";
import type { FastifyInstance } from "fastify";

/**
 * Bodies are JSON in UTF-8 and nothing else. What isn't would be decoded with replacement characters in the place of letters,
 * so that other names than those that were sent would be put on the record.
 */
export function takeJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  // Text is one of the kinds that a web page can send to another site unasked; nothing here takes it.
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (request, body, done) => {
      const [, charset] =
        /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers["content-type"] ?? "") ?? [];
      if (charset !== undefined && !/^utf-?8$/i.test(charset)) return done(otherCharset(charset));
      if (!isUtf8(body)) return done(new ExhibitError("REQUEST_INVALID", "The body isn't UTF-8."));
      void parse(request, body.toString(), done);
    },
  );
}

function otherCharset(charset: string): ExhibitError {
  const message = `The body has to be JSON in UTF-8, sent with \`content-type: application/json\`; this one is said to be in ${charset}.`;
  return new ExhibitError("MEDIA_TYPE_UNSUPPORTED", message);
}
