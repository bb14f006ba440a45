import type { DepositConfig, ExhibitConfig } from "@exhibit/config";
import { ExhibitError, visible } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import type { DepositParts, MailToTell } from "@exhibit/ingest";
import type { DepositRules } from "@exhibit/ledger";
import { openOutward } from "./outward.ts";

/** Returns what is kept elsewhere of entries. */
export function depositRulesOf(
  { custody, vendors }: Pick<ExhibitConfig, "custody" | "vendors">,
  broker: Pick<Broker, "perFile">,
): DepositRules {
  const { key, url, mail } = custody?.deposit ?? {};
  return {
    key,
    except: Object.keys(vendors).filter((vendor) => broker.perFile(vendor)),
    thirdParties: [
      ...(url === undefined ? [] : ["url" as const]),
      ...(mail ? ["mail" as const] : []),
    ],
  };
}

/** Opens what tells third parties. */
export function openDepositParts({ trial, custody }: ExhibitConfig): DepositParts {
  const { url, headers = {}, mail } = custody?.deposit ?? {};
  return {
    fetch: openOutward(trial),
    address: url === undefined ? undefined : { url, headers },
    mail: mail && mailTo(mail),
  };
}

/** Milliseconds in which a server of mail has to take each step. */
const STEP_MS = 15_000;

function mailTo({ server, from, to }: NonNullable<DepositConfig["mail"]>): MailToTell {
  const hasPassword = new URL(server).password !== "";
  return {
    async send({ subject, text }, signal) {
      // Loaded only where somebody is told by mail.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        url: server,
        // A password is never sent in the clear.
        requireTLS: hasPassword,
        connectionTimeout: STEP_MS,
        greetingTimeout: STEP_MS,
        dnsTimeout: STEP_MS,
        socketTimeout: STEP_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const stop = () => transport.close();
      signal.addEventListener("abort", stop, { once: true });
      try {
        await transport.sendMail({ from, to, subject, text });
      } catch (thrown) {
        throw faultOf(thrown);
      } finally {
        signal.removeEventListener("abort", stop);
        transport.close();
      }
    },
  };
}

/** Replies from 500 on are for good (RFC 5321, 4.2.1). */
const PERMANENT = 500;

function faultOf(thrown: unknown): ExhibitError {
  const { message, responseCode } = thrown as Error & { responseCode?: number };
  const reason = visible(message.slice(0, 200));
  return responseCode !== undefined && responseCode >= PERMANENT
    ? new ExhibitError("DEPOSIT_REFUSED", `The server of mail doesn't take the message: ${reason}`)
    : new ExhibitError("ADDRESS_UNREACHABLE", `The message can't be sent for now: ${reason}`);
}
