import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, toArray } from "@exhibit/client";
import {
  type DeliveryView,
  type NewWebhook,
  type WebhookEvent,
  webhookEvents,
} from "@exhibit/contracts";
import { type Command, Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import type { TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { deliveryTable, newWebhookLines, webhookTable } from "./webhook-lines.ts";

interface Options extends TimeStyle {
  json?: boolean;
  why?: string;
}

interface WantOptions extends Options {
  events?: WebhookEvent[];
  allEvents?: true;
  named?: boolean;
  description?: string;
}

interface ChangeOptions extends WantOptions {
  on?: boolean;
  off?: boolean;
}

interface RotateOptions extends Options {
  oldValid?: number;
}

interface DeliveriesOptions extends Options {
  import?: string;
}

export const webhooksCommand: CommandModule = (program, { run }) => {
  const webhooks = withCommonOptions(program.command("webhooks"))
    .description("list, make and test your webhooks, and see what they were told")
    .addHelpText("after", examples)
    .action((options: Options) => run(options, (terminal) => list(options, terminal)));

  /** Adds a command whose options are read together with those of the commands above it. */
  function add<Given extends Options>(
    command: Command,
    act: (given: string, options: Given, terminal: Terminal) => Promise<number>,
  ): void {
    command.action((given: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<Given>();
      return run(options, (terminal) => act(given, options, terminal));
    });
  }
  const id = ["<ID>", "the webhook, as the list shows it"] as const;

  add(
    withWants(withWhy(webhooks.command("add")))
      .description("have events of your imports sent to an address, and print the secret this once")
      .argument("<URL>", "an https:// address")
      .option("--named", "only of imports that name it as their callback"),
    create,
  );
  add(
    withWants(withWhy(webhooks.command("change")))
      .description("change what a webhook is told, or switch it off or on")
      .argument(...id)
      .option("--all-events", "tell it all events")
      .addOption(new Option("--on", "send to it again").conflicts("off"))
      .addOption(new Option("--off", "send nothing to it")),
    change,
  );
  add(
    withWhy(webhooks.command("rotate"))
      .description(
        "give a webhook a new secret, and print it this once; the old one also signs a while longer",
      )
      .argument(...id)
      .addOption(
        new Option(
          "--old-valid <hours>",
          "how long the old secret also signs: 0 if it may have leaked (24)",
        ).argParser(readFrom(0)),
      ),
    rotate,
  );
  add(
    withWhy(webhooks.command("remove"))
      .description("remove a webhook, and what it was told")
      .argument(...id),
    remove,
  );
  add(
    withWhy(webhooks.command("test"))
      .description("send a webhook a test, and wait for what becomes of its first try")
      .argument(...id),
    test,
  );
  withCommonOptions(webhooks.command("deliveries"))
    .description("show what a webhook was told, or what was told of an import, the latest first")
    .argument("[ID]", id[1])
    .option("--import <id>", "an import instead")
    .action((webhook: string | undefined, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<DeliveriesOptions>();
      return run(options, (terminal) => deliveries(webhook, options, terminal));
    });
  add(
    withWhy(webhooks.command("redeliver"))
      .description("send an event again, whatever became of it")
      .argument("<ID>", "the delivery, as the list of deliveries shows it"),
    redeliver,
  );
};

function withCommonOptions(command: Command): Command {
  return command.option(...utcOption).option(...jsonOption);
}

function withWhy(command: Command): Command {
  return withCommonOptions(command).option("--why <text>", "why, for the audit log");
}

function withWants(command: Command): Command {
  return command
    .addOption(
      new Option("--events <names>", `which: ${webhookEvents.join(", ")} (all)`).argParser((text) =>
        readAmong(webhookEvents, text),
      ),
    )
    .option("--description <text>", "what people call it");
}

const examples = `
Examples:
  exhibit webhooks
  exhibit webhooks add https://portal.example.com/hooks/exhibit --events import.sealed,import.attention
  exhibit webhooks test 3f0e5d1c-…
  exhibit webhooks rotate 3f0e5d1c-… --old-valid 0 --why "it was in a log"
  exhibit webhooks deliveries --import 01a22c49
  exhibit webhooks redeliver 9b2d7c44-…`;

async function list(style: TimeStyle, terminal: Terminal): Promise<number> {
  const webhooks = await toArray(apiOfEnvironment().webhooks());
  if (webhooks.length > 0) for (const line of webhookTable(webhooks, style)) terminal.say(line);
  else terminal.say("You have no webhook: exhibit webhooks add URL makes one.");
  terminal.result({ webhooks });
  return exitCodes.done;
}

async function create(url: string, options: WantOptions, terminal: Terminal): Promise<number> {
  const { events, named, description, why } = options;
  const made = await apiOfEnvironment().createWebhook({
    url,
    events,
    imports: named ? "named" : "all",
    description,
    why,
  });
  return show(made, options, terminal);
}

async function change(id: string, options: ChangeOptions, terminal: Terminal): Promise<number> {
  const { events, allEvents, description, on, off, why } = options;
  const webhook = await apiOfEnvironment().changeWebhook(id, {
    events: allEvents ? null : events,
    description,
    active: on ? true : off ? false : undefined,
    why,
  });
  for (const line of webhookTable([webhook], options)) terminal.say(line);
  terminal.result(webhook);
  return exitCodes.done;
}

async function rotate(id: string, options: RotateOptions, terminal: Terminal): Promise<number> {
  const { oldValid: old_valid_hours, why } = options;
  const made = await apiOfEnvironment().rotateWebhook(id, { old_valid_hours, why });
  return show(made, options, terminal);
}

async function remove(id: string, { why }: Options, terminal: Terminal): Promise<number> {
  const webhook = await apiOfEnvironment().removeWebhook(id, { why });
  terminal.say(`Webhook ${webhook.webhook_id} to ${webhook.url} is removed.`);
  terminal.result(webhook);
  return exitCodes.done;
}

/** Milliseconds between two looks at a test, and for how long: a receiver has 15 seconds. */
const LOOK_EVERY_MS = 250;
const TEST_TIMEOUT_MS = 30_000;

async function test(id: string, { why }: Options, terminal: Terminal): Promise<number> {
  const api = apiOfEnvironment();
  const sent = await api.testWebhook(id, { why });
  const delivery = await afterFirstTry(api, sent.delivery_id);
  const { state, status, error, host } = delivery;
  terminal.result(delivery);
  if (state === "delivered") {
    terminal.say(`${host} took the test (${status}).`);
    return exitCodes.done;
  }
  terminal.say(
    error === null
      ? `The test hasn't been sent yet: does a worker run? It is delivery ${delivery.delivery_id}.`
      : `${host} didn't take the test: ${error}`,
  );
  return exitCodes.failed;
}

async function afterFirstTry(api: ApiClient, deliveryId: string): Promise<DeliveryView> {
  const until = Date.now() + TEST_TIMEOUT_MS;
  for (;;) {
    const delivery = await api.delivery(deliveryId);
    const isTried = delivery.state !== "pending" || delivery.error !== null;
    if (isTried || Date.now() > until) return delivery;
    await sleep(LOOK_EVERY_MS);
  }
}

async function deliveries(
  webhook: string | undefined,
  options: DeliveriesOptions,
  terminal: Terminal,
): Promise<number> {
  const { import: ofImport } = options;
  if ((webhook === undefined) === (ofImport === undefined)) {
    throw badUse("Name either a webhook by its ID, or an import by --import ID.");
  }
  const api = apiOfEnvironment();
  const of =
    ofImport === undefined ? { webhook: webhook ?? "" } : { id: await importIdOf(api, ofImport) };
  const found = await toArray(api.deliveries(of));
  if (found.length > 0) for (const line of deliveryTable(found, options)) terminal.say(line);
  else terminal.say("Nothing has been told in the last 30 days.");
  terminal.result({ deliveries: found });
  return exitCodes.done;
}

async function redeliver(id: string, { why }: Options, terminal: Terminal): Promise<number> {
  const delivery = await apiOfEnvironment().redeliver(id, { why });
  terminal.say(`${delivery.event} is sent to ${delivery.host} again.`);
  terminal.result(delivery);
  return exitCodes.done;
}

/** Prints a new secret alone to stdout, so that a script can take it, and the rest to stderr. */
function show(made: NewWebhook, style: TimeStyle, terminal: Terminal): number {
  for (const line of newWebhookLines(made, style)) terminal.note(line);
  if (!terminal.json) terminal.say(made.secret);
  terminal.result(made);
  return exitCodes.done;
}
