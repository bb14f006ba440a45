import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { ExhibitConfig, Proxies } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import {
  type Broker,
  createBroker,
  createVendors,
  type FolderOfCase,
  tunnelBy,
} from "@exhibit/credentials";
import { type ByteDigester, createObjectStore, type LeaseHolder } from "@exhibit/oss";

/** An object, and the folder whose lease opens it. */
export interface ObjectOfFolder {
  /** Files of the same folder pass the same object. */
  readonly of: FolderOfCase;
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** @defaultValue the current version */
  readonly versionId?: string | undefined;
}

/** Reads objects by leases that this process requests for itself, without a ledger. */
export interface ObjectBytes extends Disposable {
  /**
   * Yields an object's bytes, in memory that doesn't depend on its size; a connection that breaks is
   * continued. Throws REQUEST_INVALID for a vendor that opens files one by one, NOT_FOUND if there is no
   * object, KEY_OUTSIDE_LEASE, and the errors of vendors and of OSS.
   */
  read(object: ObjectOfFolder): AsyncGenerator<Uint8Array>;
}

/** Opens what reads objects by the vendors that are configured, until `signal` aborts. */
export function openObjectBytes(
  config: ExhibitConfig,
  { proxies, signal }: { proxies?: Proxies | undefined; signal: AbortSignal },
): ObjectBytes {
  const tunnel = proxies && tunnelBy(proxies.rule);
  const broker = createBroker({ vendors: createVendors(config.vendors, { tunnel }) });
  const store = createObjectStore({ tunnel });

  async function* read(object: ObjectOfFolder): AsyncGenerator<Uint8Array> {
    const { of, bucket: name, key, versionId } = object;
    if (broker.perFile(of.vendor)) throw openedByNumber(of.vendor);
    const stop = new AbortController();
    const until = AbortSignal.any([signal, stop.signal]);
    const leases = holderOf(broker, of, until);
    // A trial's sandbox may have another port each time.
    const endpoint = config.trial ? (await leases.current()).bucket.endpoint : object.endpoint;
    const pipe = new PassThrough();
    const take = (bytes: Buffer) =>
      // The reader's buffer is used again.
      pipe.write(Buffer.from(bytes))
        ? undefined
        : once(pipe, "drain", { signal: until }).then(() => {});
    const request = { leases, bucket: { endpoint, name }, key, versionId, signal: until };
    const reading = store.reading.read({ ...request, digester: undigested, take }).then(
      (found) => void (found ? pipe.end() : pipe.destroy(absent(object))),
      (thrown: Error) => void pipe.destroy(thrown),
    );
    try {
      yield* pipe;
    } finally {
      stop.abort();
      pipe.destroy();
      await reading;
    }
  }

  return {
    read,
    [Symbol.dispose]() {
      broker.close();
      store.close();
    },
  };
}

/** Whoever takes the bytes digests them. */
const undigested: ByteDigester = {
  update() {},
  finish: () => ({ sha256: new Uint8Array(), crc64: 0n }),
};

function holderOf(broker: Broker, of: FolderOfCase, signal: AbortSignal): LeaseHolder {
  return {
    current: (options) => broker.lease(of, { ...options, signal }),
    replace: (refused) => broker.lease(of, { unlike: refused.id, signal }),
  };
}

function openedByNumber(vendor: string): ExhibitError {
  return new ExhibitError(
    "REQUEST_INVALID",
    `${vendor} opens files one by one, by numbers that only the ledger has, and its leases are for writing: its files can't be fetched from OSS. Take them from the source.`,
  );
}

function absent({ bucket, key }: ObjectOfFolder): ExhibitError {
  return new ExhibitError(
    "NOT_FOUND",
    `There is no object ${JSON.stringify(key)} in bucket ${bucket}.`,
    { details: { bucket, key } },
  );
}
