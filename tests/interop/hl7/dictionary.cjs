// Second opinion: schemas/hl7v2 against npm hl7-dictionary (2.5.1): the order and cardinality of segments in every structure,
// and type, usage and table of every field. Differences that are meant are listed here with their reason; others fail.
// usage: dictionary.cjs SCHEMAS_FOLDER
"use strict";
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const dictionary = createRequire(process.env.HUREN_NODE_MODULES + "/here.js")("hl7-dictionary").definitions["2.5.1"];
const folder = process.argv[2];

const meant = {
  ORL_O22: "orders stand beside the patient, so that a reply without PID is possible (v2.5.1 4.4.7 has [PID] in the group)",
  RSP_K11: "rows are defined by the query profile: huren's carry result groups",
  "OBX-2": "the dictionary gives the table's number as the number of repetitions",
};

function flat(text) {  // "MSH [{SFT}] {ORDER: [ORC] OBR}" -> [["MSH",""],["SFT","[{"],["ORC","{["],["OBR","{"]]
  const out = [];
  let open = "";
  for (const token of text.match(/[\[\]{}<>]|[A-Z0-9_|]+:?/g)) {
    if ("[{<".includes(token)) open += token;
    else if ("]}>".includes(token)) open = open.slice(0, -1);
    else if (!token.endsWith(":")) out.push(`${open.replaceAll("<", "")} ${token}`);
  }
  return out.join(", ");
}

function theirs(list, open) {
  return list
    .map((e) => {
      const around = open + (e.min === 0 ? "[" : "") + (e.max === 1 ? "" : "{");
      return e.children ? theirs(e.children, around) : `${around} ${e.name.replaceAll(",", "|")}`;
    })
    .join(", ");
}

let compared = 0;
let faults = 0;
function same(what, ours, expected) {
  ++compared;
  if (ours === expected || meant[what]) return;
  ++faults;
  console.log(`${what}\n  schemas    ${ours}\n  dictionary ${expected}`);
}

for (const line of fs.readFileSync(path.join(folder, "structures.txt"), "utf8").split("\n")) {
  const [name, text] = line.split(" = ");
  if (line.startsWith("#") || !text || !dictionary.messages[name]) continue;
  same(name, flat(text), theirs(dictionary.messages[name].segments.segments, ""));
}
const table = (t) => (t ? String(t).padStart(4, "0") : "");
for (const line of fs.readFileSync(path.join(folder, "segments.csv"), "utf8").split("\n").slice(1)) {
  const [segment, field, type, usage, repeat, , ours] = line.split(",");
  const known = dictionary.segments[segment]?.fields[field - 1];
  if (!known) continue;
  const many = known.rep === 1 ? "1" : known.rep === 0 ? "*" : String(known.rep);
  same(`${segment}-${field}`, `${type} ${usage} ${repeat} ${ours}`, `${known.datatype} ${known.opt === 2 ? "R" : "O"} ${many} ${table(known.table)}`);
}
console.log(`${compared} compared, ${faults} differ`);
process.exit(faults || compared < 1000 ? 1 : 0);
