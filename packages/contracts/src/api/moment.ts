import { z } from "zod";

/**
 * A moment that somebody names, with its time zone. It is passed on as UTC, because Postgres knows
 * neither all time zones that can be written nor a year 0.
 */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })], {
    error: "give a time with its zone, such as 2026-12-01T20:00+08:00",
  })
  .refine(
    (text) => {
      const year = new Date(text).getUTCFullYear();
      return year >= 1 && year <= 9999;
    },
    { error: "give a time of the years 1 to 9999" },
  )
  .transform((text) => new Date(text).toISOString());
