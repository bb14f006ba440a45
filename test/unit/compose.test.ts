import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Service {
  command?: string[];
  restart?: string;
  build?: { target: string };
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
}

const root = join(import.meta.dirname, "../..");
const file = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), { merge: true });
const services: Record<string, Service> = file.services;

test("docker-compose.yml has API and workers begin when the ledger was brought up to date, once", () => {
  const { migrate, api, worker } = services;
  expect(migrate).toMatchObject({ command: ["migrate"], restart: "no" });
  for (const service of [api, worker]) {
    expect(service?.depends_on?.migrate).toEqual({ condition: "service_completed_successfully" });
  }
});

test("docker-compose.yml names only services and image targets that there are", () => {
  const targets = readFileSync(join(root, "Dockerfile"), "utf8").matchAll(/^FROM \S+ AS (\S+)$/gm);
  const known = [...targets].map(([, name]) => name);
  for (const [name, { build, depends_on }] of Object.entries(services)) {
    if (build) expect(known, name).toContain(build.target);
    expect(Object.keys(services), name).toEqual(
      expect.arrayContaining(Object.keys(depends_on ?? {})),
    );
  }
});

test("docker-compose.yml publishes on the loopback only: Docker opens ports past the host's firewall", () => {
  const published = Object.values(services).flatMap(({ ports = [] }) => ports);
  expect(published).toEqual([expect.stringMatching(/^127\.0\.0\.1:\S+:7400$/)]);
});
