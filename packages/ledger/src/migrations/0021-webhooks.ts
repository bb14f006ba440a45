import { sql } from "kysely";
import { step } from "./step.ts";

/** Who is told what becomes of imports, and what they are told. */
export const webhooks = step({
  version: 21,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table webhooks (
        number bigint generated always as identity unique,
        id uuid primary key,
        principal text not null,
        key_id text references api_keys,
        scope jsonb,
        valid_until timestamptz,
        url text not null,
        events text[],
        imports text not null check (imports in ('all', 'named')),
        description text,
        active boolean not null default true,
        is_gone boolean not null default false,
        secret text not null,
        previous_secret text,
        previous_until timestamptz,
        created_at timestamptz not null default now(),
        created_by text not null,
        failures integer not null default 0,
        hold_until timestamptz,
        succeeded_at timestamptz,
        failed_at timestamptz,
        error text,
        check ((previous_secret is null) = (previous_until is null)),
        check ((key_id is null) = (scope is not null and valid_until is not null))
      )`.execute(db);
    await sql`create unique index webhooks_by_owner on webhooks (principal, coalesce(key_id, ''), url)`.execute(
      db,
    );
    await sql`create index webhooks_by_key on webhooks (key_id)`.execute(db);
    await sql`create sequence webhook_events`.execute(db);
    await sql`
      create table deliveries (
        number bigint generated always as identity unique,
        id uuid primary key default gen_random_uuid(),
        webhook_id uuid not null references webhooks on delete cascade,
        import_id uuid references imports,
        event text not null,
        created_at timestamptz not null default now(),
        data jsonb not null,
        state text not null default 'pending' check (state in ('pending', 'delivered', 'dead', 'withheld')),
        tries integer not null default 0,
        due_at timestamptz not null default now(),
        tried_at timestamptz,
        status smallint,
        error text,
        answer text
      )`.execute(db);
    await sql`create index deliveries_due on deliveries (webhook_id, due_at) where state = 'pending'`.execute(
      db,
    );
    await sql`create index deliveries_by_webhook on deliveries (webhook_id, number)`.execute(db);
    await sql`create index deliveries_by_import on deliveries (import_id, number)`.execute(db);
    await sql`create index deliveries_by_age on deliveries (created_at)`.execute(db);
    await sql`alter table imports add column callback_id uuid`.execute(db);
    await createOutbox(db);
  },
});

/**
 * What is told is decided and recorded by the statement that changes an import, whichever it is, also
 * one of a program of an earlier release: so none can be forgotten, and no crash loses an event.
 */
async function createOutbox(db: Parameters<Parameters<typeof step>[0]["up"]>[0]): Promise<void> {
  // The same as isWithin of scope.ts, for a scope that is in a row: that of the owner, as it is now.
  await sql`
    create function webhook_sees(receiver uuid, told uuid) returns boolean language sql stable as $$
      select exists (
        select from webhooks
          left join api_keys on api_keys.id = webhooks.key_id
          cross join lateral (select coalesce(api_keys.scope, webhooks.scope) as scope) as own
        where webhooks.id = receiver
          and case when webhooks.key_id is null then webhooks.valid_until > now()
            else api_keys.revoked_at is null and api_keys.expires_at > now() end
          and (told is null or exists (
            select from imports where imports.id = told
              and (own.scope->>'entrust_ids' = 'all' or own.scope->'entrust_ids' ? imports.entrust_id)
              and (own.scope->>'vendors' = 'all' or not exists (
                select from folders where folders.import_id = imports.id
                  and not own.scope->'vendors' ? folders.vendor)))))
    $$`.execute(db);
  // Labels may be larger than a body is to be: then they are left out.
  await sql`
    create function tell_webhooks(told uuid, happened text) returns void language sql as $$
      with receivers as materialized (
        select webhooks.id from webhooks, imports
        where imports.id = told and webhooks.active
          and (webhooks.events is null or happened = any(webhooks.events))
          and (webhooks.imports = 'all' or webhooks.id = imports.callback_id)
          and webhook_sees(webhooks.id, told)
      ), one as materialized (
        select nextval('webhook_events') as seq where exists (select from receivers)
      )
      insert into deliveries (webhook_id, import_id, event, data)
      select receivers.id, told, happened, jsonb_build_object(
        'import_id', imports.id, 'entrust_id', imports.entrust_id, 'status', imports.status,
        'labels', case when octet_length(imports.labels::text) <= 2048 then imports.labels end,
        'counts', jsonb_build_object('files', files, 'bytes', bytes, 'stored', stored, 'stored_bytes', stored_bytes,
          'identical', identical, 'identical_bytes', identical_bytes, 'failed', failed, 'waived', waived, 'skipped', skipped),
        'seq', one.seq)
      from receivers, one, imports where imports.id = told
    $$`.execute(db);
  await sql`
    create function tell_of_change() returns trigger language plpgsql as $$
    begin
      if new.status is distinct from old.status then
        if new.status in ('sealed', 'attention', 'cancelled') then
          perform tell_webhooks(new.id, 'import.' || new.status);
        elsif old.status = 'planning' and new.status = 'storing' then
          perform tell_webhooks(new.id, 'import.planned');
        end if;
      end if;
      if old.paused_at is null and new.paused_at is not null then
        perform tell_webhooks(new.id, 'import.paused');
      elsif old.paused_at is not null and new.paused_at is null and new.status <> 'cancelled' then
        perform tell_webhooks(new.id, 'import.resumed');
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger imports_tell_of_change after update of status, paused_at on imports for each row
    when (new.status is distinct from old.status or (new.paused_at is null) <> (old.paused_at is null))
    execute function tell_of_change()`.execute(db);
}
