import { isUtf8 } from "node:buffer";
import { ExhibitError } from "@exhibit/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

const bodies = new WeakMap<FastifyRequest, Buffer>();

/** Returns a request's body as it was sent; empty where there was none. */
export function bodyOf(request: FastifyRequest): Buffer {
  return bodies.get(request) ?? Buffer.alloc(0);
}

/**
 * Accepts JSON in UTF-8 only. Other encodings would be decoded with replacement characters, so that
 * other names than those that were sent would be recorded.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  // A web page may send plain text to another site without asking; no route needs it.
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (request, body, done) => {
      const [, charset] =
        /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers["content-type"] ?? "") ?? [];
      if (charset !== undefined && !/^utf-?8$/i.test(charset)) return done(otherCharset(charset));
      if (!isUtf8(body)) return done(new ExhibitError("REQUEST_INVALID", "The body isn't UTF-8."));
      bodies.set(request, body);
      void parse(request, body.toString(), done);
    },
  );
}

function otherCharset(charset: string): ExhibitError {
  const message = `The body must be JSON in UTF-8, sent with \`content-type: application/json\`; this one declares ${charset}.`;
  return new ExhibitError("MEDIA_TYPE_UNSUPPORTED", message);
}
