// How fast simple-hl7 and @medplum/core parse the message in FILE.  usage: npm.cjs FILE
"use strict";
const fs = require("fs");
const { createRequire } = require("module");
const load = createRequire(process.env.HUREN_NODE_MODULES + "/here.js");
const text = fs.readFileSync(process.argv[2], "utf8");

function best(parse) {
  let least = Infinity;
  for (let round = 0; round < 8; ++round) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 300; ++i) parse();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 300);
  }
  return least.toFixed(0);
}

const { Parser } = load("simple-hl7");
const parser = new Parser();
console.log(`simple-hl7 ${best(() => parser.parse(text))}`);
const { Hl7Message } = load("@medplum/core");
console.log(`@medplum/core ${best(() => Hl7Message.parse(text))}`);
