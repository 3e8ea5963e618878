// Every unit row of schemas/codes/units.csv against @lhncbc/ucum-lhc: is the unit UCUM, and is the factor right?
// Molar masses are in molar_mass.csv; what UCUM cannot know (kBeyond) is listed with its reason and checked elsewhere.
// usage: node check.cjs SOURCE_FOLDER; exit 77 when the package is not installed.
"use strict";
const fs = require("fs");
const path = require("path");

let ucum;
try {
  const places = [process.env.HUREN_NODE_MODULES || "."];
  ucum = require(require.resolve("@lhncbc/ucum-lhc", { paths: places.map((p) => path.join(p, "..")) })).UcumLhcUtils.getInstance();
} catch {
  console.log("skipped: @lhncbc/ucum-lhc is not installed; ./dev test installs it under build/npm");
  process.exit(77);
}

const kTolerance = 0.0006; // factors of the field have three or four digits
const kBeyond = {
  "HBA1C mmol/mol": "the master equation of IFCC and NGSP, not a unit conversion",
  "PH 1": "a bare number for a pH",
};

const kCharge = { NA: 1, K: 1, CL: 1, CO2: 1, HCO3: 1, BE: 1, CA: 2, MG: 2 };
// UCUM does not convert arbitrary units at all; between prefixes of the same one the decimal part is what is compared.
const decimal = (unit) => unit.replaceAll("[IU]", "U");

function table(file) {
  const [head, ...rows] = fs.readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  return rows.map((row) => {
    const fields = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((f) => f.replace(/,$/, "").replace(/^"|"$/g, ""));
    return Object.fromEntries(names.map((n, i) => [n, fields[i]]));
  });
}

const root = process.argv[2];
const codes = path.join(root, "schemas", "codes");
const items = new Map(table(path.join(codes, "items.csv")).map((i) => [i.code, i]));
const mass = new Map(table(path.join(root, "tests/interop/ucum/molar_mass.csv")).map((m) => [m.item, Number(m.g_per_mol)]));
const wrong = [];
let compared = 0, worst = 0;
for (const row of table(path.join(codes, "units.csv"))) {
  const item = items.get(row.item);
  if (!row.unit) continue;
  const valid = ucum.validateUnitString(row.unit);
  if (valid.status !== "valid") wrong.push(`${row.item}: ${row.unit} is not UCUM: ${(valid.msg || []).join(" ")}`);
  if (row.unit === item.unit || kBeyond[`${row.item} ${row.unit}`]) continue;
  const options = { molecularWeight: mass.get(row.item), charge: kCharge[row.item] };
  const said = ucum.convertUnitTo(decimal(row.unit), 1, decimal(item.unit), options);
  if (said.status !== "succeeded") {
    wrong.push(`${row.item}: ${row.unit} to ${item.unit}: ${(said.msg || []).join(" ")}`);
    continue;
  }
  const off = Math.abs(Number(row.scale) / said.toVal - 1);
  worst = Math.max(worst, off);
  compared += 1;
  if (off > kTolerance) wrong.push(`${row.item}: ${row.unit} to ${item.unit} is ${row.scale} here and ${said.toVal} there`);
}
for (const row of table(path.join(codes, "unit_aliases.csv"))) {
  if (ucum.validateUnitString(row.ucum).status !== "valid") wrong.push(`alias ${row.printed}: ${row.ucum} is not UCUM`);
}
console.log(wrong.join("\n") || `${compared} factors agree, the furthest by ${(worst * 100).toFixed(3)} %`);
process.exit(wrong.length || compared < 100 ? 1 : 0);
