import { parsePeriod, verificationRequest } from "@exhibit/contracts";
import { z } from "zod";

/** A length of time, such as `10y` or `30d`. */
export const period = z.string().transform((text, context) => {
  const parsed = parsePeriod(text);
  if (typeof parsed !== "string") return parsed;
  context.addIssue({ code: "custom", message: parsed });
  return z.NEVER;
});

const { against, by, sample, rate } = verificationRequest.shape;

/** How each seal is verified again and again, from its sealing on. */
const schedule = z
  .strictObject({ every: period, against: against.removeDefault().optional(), by, sample, rate })
  .transform(({ every, ...asked }, context) => {
    const target = asked.against ?? (asked.by === undefined ? "receipts" : "oss");
    const request = verificationRequest.safeParse({ ...asked, against: target });
    if (request.success) return { every, request: request.data };
    for (const { message, path } of request.error.issues)
      context.addIssue({ code: "custom", message, path: [...path] });
    return z.NEVER;
  });

export const schedules = z
  .array(schedule)
  .max(10)
  .refine((all) => new Set(all.map(({ request }) => JSON.stringify(request))).size === all.length, {
    error: "two of them do the same",
  });
export type VerificationSchedule = z.output<typeof schedule>;
