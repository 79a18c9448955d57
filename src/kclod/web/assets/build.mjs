// Bundles scripts and styles: `node build.mjs TARGET DIGEST`. Names of files hold the digest of their content, so that they
// can be kept for ever; `manifest.json` says which file an entry is, and which sources it was made from.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

const [target, sources] = process.argv.slice(2);
const entries = [
  "scripts/theme.js",
  "scripts/site.js",
  "scripts/query.js",
  "scripts/pictures.js",
  "styles/site.css",
  "styles/query.css",
  "styles/preview.css",
];

const { metafile } = await build({
  entryPoints: entries,
  outdir: target,
  outbase: ".",
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "file", ".woff2": "file", ".json": "file" },
  legalComments: "none", // collected below
  metafile: true,
  logLevel: "warning",
});

const files = {};
for (const [name, output] of Object.entries(metafile.outputs)) {
  if (!output.entryPoint) continue;
  const imports = output.imports.filter((i) => i.kind === "import-statement").map((i) => path.basename(i.path));
  files[path.basename(output.entryPoint)] = { file: path.basename(name), imports };
}

// Every package that is installed to be bundled, with the text of its licence.
const lock = JSON.parse(await readFile("package-lock.json", "utf8"));
const notices = [];
for (const [folder, locked] of Object.entries(lock.packages).sort()) {
  if (!folder || locked.dev || locked.devOptional || !existsSync(folder)) continue;
  const about = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  const author = typeof about.author === "string" ? about.author : about.author?.name;
  const licence = typeof about.license === "string" ? about.license : about.license?.type;
  if (!licence) throw new Error(`${folder} states no licence`);
  const head = `${about.name} ${about.version}\n${about.homepage ?? ""}\nLicence: ${licence}${author ? `\nAuthor: ${author}` : ""}`;
  const own = path.join("licences", `${about.name.replace("/", "__")}.txt`);
  if (!texts.length && existsSync(own)) texts.push(await readFile(own, "utf8"));
  if (!texts.length) texts.push(`(The package holds no file with the text of its licence; its package.json names it: ${licence}.)`);
  notices.push(`${head}\n\n${texts.join("\n").trim()}\n`);
}
await writeFile(path.join(target, "licences.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));

for (const name of await readdir(target)) {
  if (!/\.(js|css|svg|json|txt)$/.test(name)) continue;
  const data = await readFile(path.join(target, name));
  if (data.length < 512) continue;
  await writeFile(path.join(target, `${name}.gz`), zlib.gzipSync(data, { level: 9 }));
  await writeFile(path.join(target, `${name}.br`), zlib.brotliCompressSync(data));
}
await writeFile(path.join(target, "manifest.json"), `${JSON.stringify({ sources, files }, null, 1)}\n`);
