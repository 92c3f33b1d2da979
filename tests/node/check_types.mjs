// Checks dashboards against the types of @grafana/schema: check_types.mjs MODULES DASHBOARD.json…
//
// MODULES is the folder that tests/setup/node.sh prints. Each dashboard becomes a literal of its type, so that a key that Grafana
// does not know, or a word that it does not know in its place, is an error of the compiler. Prints the number of dashboards that were
// checked; exit 1 with every error.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const [modules, ...files] = process.argv.slice(2);
const ts = createRequire(join(modules, "package.json"))("typescript");

// Panels by their type: where @grafana/schema keeps their options, and whether their fields have settings of their own.
const PANELS = {
  barchart: ["BarChart", "FieldConfig"],
  bargauge: ["BarGauge", null],
  stat: ["Stat", null],
  "status-history": ["StatusHistory", "FieldConfig"],
  table: ["Table", "FieldConfig"],
  text: ["Text", null],
  timeseries: ["TimeSeries", "FieldConfig"],
};

const imports = Object.entries(PANELS).map(([kind, [name]]) =>
  `import type * as ${name} from "@grafana/schema/dist/esm/raw/composable/${kind.replace("-", "")}/panelcfg/x/${name}PanelCfg_types.gen";`);
const panels = Object.entries(PANELS).map(([kind, [name, fields]]) =>
  `  | Shown<"${kind}", ${name}.Options, ${fields ? `${name}.FieldConfig` : "never"}>`);

// JSON has the text of an enum's member where TypeScript wants the member.
const PRELUDE = `
import type { Dashboard as Model, Panel as AnyPanel, AnnotationQuery } from "@grafana/schema";
${imports.join("\n")}
type Plain<T> =
  T extends string ? (string extends T ? T : \`\${T}\`)
  : T extends number | boolean | null | undefined ? T
  : T extends Array<infer U> ? Array<Plain<U>>
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Base = Omit<AnyPanel, "type" | "options" | "fieldConfig">;
type Defaults = Omit<NonNullable<AnyPanel["fieldConfig"]>["defaults"], "custom">;
type Overrides = NonNullable<AnyPanel["fieldConfig"]>["overrides"];
interface Shown<Kind extends string, Options, Custom> extends Plain<Base> {
  type: Kind;
  options: Partial<Plain<Options>>;
  fieldConfig: { defaults: Plain<Defaults> & { custom?: Partial<Plain<Custom>> }; overrides: Plain<Overrides> };
}
interface Row { type: "row"; collapsed: boolean; id: number; title: string; gridPos: Plain<Base>["gridPos"]; panels: Panel[] }
type Panel = Row
${panels.join("\n")};
// What the annotation support of the Prometheus data source adds.
type Annotation = Plain<AnnotationQuery> & { tagKeys?: string; textFormat?: string; titleFormat?: string; target?: { expr: string; interval: string; refId: string } };
type Dashboard = Plain<Omit<Model, "panels" | "annotations">> & { panels: Panel[]; annotations: { list: Annotation[] } };
`;

const folder = join(modules, "checked");
const sources = new Map(files.map((file) => {
  const literal = readFileSync(file, "utf8");
  return [join(folder, `${basename(file, ".json")}.ts`), `${PRELUDE}export const dashboard: Dashboard = ${literal};\n`];
}));
const options = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, noEmit: true, skipLibCheck: true, strict: true, target: ts.ScriptTarget.ES2022, types: [] };
const host = ts.createCompilerHost(options);
const [read, exists] = [host.getSourceFile, host.fileExists];
host.fileExists = (name) => sources.has(name) || exists(name);
host.getSourceFile = (name, ...rest) =>
  sources.has(name) ? ts.createSourceFile(name, sources.get(name), options.target) : read(name, ...rest);
const program = ts.createProgram([...sources.keys()], options, host);
const problems = ts.getPreEmitDiagnostics(program);
if (problems.length) {
  const shown = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => folder, getNewLine: () => "\n" };
  console.error(ts.formatDiagnostics(problems, shown));
  process.exit(1);
}
console.log(files.length);
