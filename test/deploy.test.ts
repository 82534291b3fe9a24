import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settings } from "../src/config.ts";
import { metrics } from "../src/processes/metrics/table.ts";
import { need, programPath } from "./install.ts";

const root = join(import.meta.dir, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const isSetting = (name: string) =>
  name in settings || (name.endsWith("_FILE") && name.replace(/_FILE$/, "") in settings);
const profiles = ["default", "redis", "memcached", "postgres", "cluster"];

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly mem_limit?: string;
  readonly read_only?: boolean;
  readonly user?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}

describe("compose.yaml", () => {
  const { services, volumes } = Bun.YAML.parse(read("compose.yaml")) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const all = Object.entries(services);

  test("has the five profiles, and starts in the order of health", () => {
    expect([...new Set(all.flatMap(([, one]) => one.profiles))].sort()).toEqual([...profiles].sort());
    for (const [, one] of all)
      for (const [name] of Object.entries(one.depends_on ?? {}))
        expect(one.profiles.filter((profile) => !services[name]?.profiles.includes(profile))).toEqual([]);
    const cassandras = all.filter(([name]) => name.startsWith("cassandra"));
    expect(cassandras).toHaveLength(3);
    for (const [name] of cassandras)
      expect(services["curt-cluster-1"]?.depends_on?.[name]?.condition).toBe("service_healthy");
  });

  test("publishes no port but the load balancer's", () => {
    expect(all.filter(([, one]) => one.ports !== undefined).map(([name]) => name)).toEqual(["haproxy"]);
    expect(services.haproxy?.ports?.join()).toMatch(/127\.0\.0\.1:8080\}:8080$/);
  });

  test("keeps everything but cluster within 4 GB, and cluster within 8 GB", () => {
    const megabytes = (one: Service) =>
      Number(/^(\d+)m$/.exec(one.mem_limit ?? "")?.[1] ?? (one.user === "0:0" ? 0 : Number.NaN));
    for (const profile of profiles) {
      const used = all
        .filter(([, one]) => one.profiles.includes(profile))
        .reduce((sum, [, one]) => sum + megabytes(one), 0);
      // What is left is for the system.
      expect(used).toBeLessThan(profile === "cluster" ? 7000 : 3000);
    }
  });

  test("names only settings and volumes that exist, and gives Curt a root that it cannot write", () => {
    for (const [, one] of all) {
      expect(Object.keys(one.environment ?? {}).filter((name) => name.startsWith("CURT_") && !isSetting(name))).toEqual(
        [],
      );
      for (const volume of one.volumes ?? []) {
        const [source = ""] = volume.replace(/^\$\{\w+:-([^}]*)\}/, "$1").split(":");
        expect(source.startsWith("./") || source in volumes).toBe(true);
      }
      if (one.image === "curt:latest") expect([one.read_only, one.user]).toEqual([true, "10001:10001"]);
    }
  });

  test("its load balancer has a line for each Curt", () => {
    const curts = all.filter(([, one]) => one.image === "curt:latest").map(([name]) => `${name}:5000`);
    const balancer = read("deploy/compose/haproxy.cfg");
    const listed = (line: RegExp) => [...balancer.matchAll(line)].map((found) => found[1] ?? "").sort();
    expect(listed(/^ +server \S+ (\S+)$/gm)).toEqual(curts.sort());
    expect(listed(/^ +server \S+-anyway (\S+) backup no-check$/gm)).toEqual(curts.sort());
    expect(curts.length).toBeGreaterThan(5);
  });

  test.skipIf(!need("haproxy"))("its load balancer finds nothing to say about its configuration", () => {
    const file = join(root, "deploy", "compose", "haproxy.cfg");
    const checked = Bun.spawnSync([programPath("haproxy") ?? "", "-c", "-f", file]);
    expect(`${checked.stdout}${checked.stderr}`.trim()).toBe("Configuration file is valid");
  });
});

describe("the Kubernetes manifests", () => {
  interface Manifest {
    readonly kind: string;
    readonly spec: {
      readonly selector?: Readonly<Record<string, object>>;
      readonly podSelector?: object;
      readonly template?: {
        readonly metadata: { readonly labels: object };
        readonly spec: {
          readonly containers: readonly {
            readonly env: readonly { readonly name: string }[];
            readonly args: string[];
          }[];
        };
      };
    };
  }
  const folders = ["base", "embedded"].map((name) => join("deploy", "kubernetes", name));
  const parsed = (file: string) => Bun.YAML.parse(read(file));

  test.each(folders)("%s: lists every file, names settings that exist, and selects its pods", (folder) => {
    const { resources } = parsed(join(folder, "kustomization.yaml")) as { resources: string[] };
    expect(readdirSync(join(root, folder)).sort()).toEqual([...resources, "kustomization.yaml"].sort());
    const manifests = resources.map((file) => parsed(join(folder, file)) as Manifest);
    const pods = manifests.flatMap(({ spec }) => spec.template ?? []);
    expect(pods).toHaveLength(1);
    const labels = pods[0]?.metadata.labels ?? {};
    for (const { kind, spec } of manifests) {
      if (spec.selector !== undefined)
        expect({ kind, labels: spec.selector.matchLabels ?? spec.selector }).toEqual({ kind, labels });
      if (spec.podSelector !== undefined) expect(spec.podSelector).toEqual({ matchLabels: labels });
    }
    for (const { env } of pods[0]?.spec.containers ?? [])
      expect(env.map(({ name }) => name).filter((name) => !isSetting(name))).toEqual([]);
  });
});

describe("the Grafana dashboard", () => {
  const text = read("deploy/grafana/curt.json");
  const named = [...new Set([...text.matchAll(/\bcurt_[a-z_]+/g)].map(([name]) => name))];
  const baseOf = (name: string) => name.replace(/_(bucket|sum|count)$/, "");

  test("names no metric that does not exist, and shows each", () => {
    expect(named.filter((name) => !(baseOf(name) in metrics))).toEqual([]);
    expect(Object.keys(metrics).filter((name) => !named.some((one) => baseOf(one) === name))).toEqual([]);
  });

  test("asks for buckets of histograms only, and adds up counters as rates", () => {
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
    for (const { expr } of panels.flatMap(({ targets }) => targets))
      for (const [name] of expr.matchAll(/\bcurt_[a-z_]+/g)) {
        const { type } = metrics[baseOf(name) as keyof typeof metrics];
        expect(`${name} ${type === "histogram"}`).toBe(`${name} ${name.endsWith("_bucket")}`);
        if (type === "counter") expect(expr).toMatch(/rate\(|increase\(/);
      }
  });
});
