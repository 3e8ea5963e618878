// Foreign MLLP software from npm, as client or server, for interop.py.
// usage: peers.cjs client LIBRARY PORT FILE [ENCODING]   prints the answer's MSA-1 and MSA-2
//        peers.cjs server LIBRARY [ENCODING]             prints "listening on PORT", then PID-5 of each message
"use strict";
const fs = require("fs");
const net = require("net");
const { createRequire } = require("module");
const load = createRequire(process.env.HUREN_NODE_MODULES + "/here.js");
const [mode, library, ...rest] = process.argv.slice(2);
const decode = (bytes, encoding) => load("iconv-lite").decode(bytes, encoding);

function answer(msa1, msa2) {
  console.log(`${msa1} ${msa2}`);
  process.exit(0);
}

const clients = {
  medplum(port, text, encoding) {
    const { Hl7Client } = load("@medplum/hl7");
    const { Hl7Message } = load("@medplum/core");
    new Hl7Client({ host: "127.0.0.1", port, encoding }).sendAndWait(Hl7Message.parse(text)).then((ack) => {
      const msa = ack.getSegment("MSA");
      answer(msa.getField(1).toString(), msa.getField(2).toString());
    });
  },
  "node-hl7-client"(port, text) {
    const { Client, Message } = load("node-hl7-client");
    const outbound = new Client({ host: "127.0.0.1" }).createOutbound({ port }, async (response) => {
      // Its own parser takes the CR that ends the last segment for a segment without a name, so its text is read here.
      const msa = response.getMessage().toString().split("\r").find((line) => line.startsWith("MSA")).split("|");
      answer(msa[1], msa[2]);
    });
    outbound.sendMessage(new Message({ text }));
  },
  "simple-hl7"(port, text) {
    const hl7 = load("simple-hl7");
    const client = hl7.Server.createTcpClient("127.0.0.1", port);
    client.send(new hl7.Parser().parse(text), (error, ack) => {
      if (error) throw error;
      const msa = ack.getSegment("MSA");
      answer(msa.getField(1), msa.getField(2));
    });
  },
};

function freePort() {
  return new Promise((resolve) => {
    const s = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

const servers = {
  medplum(port, encoding) {
    const { Hl7Server } = load("@medplum/hl7");
    new Hl7Server((connection) => {
      connection.addEventListener("message", ({ message }) => {
        console.log(message.getSegment("PID").getField(5).toString());
        connection.send(message.buildAck());
      });
    }).start(port, encoding);
  },
  "simple-hl7"(port) {
    const app = load("simple-hl7").tcp();
    app.use((req, res, next) => {
      const name = req.msg.getSegment("PID").fields[4].value[0];
      console.log(name.map((c) => c.value[0]).join("^"));
      next();
    });
    app.use((req, res) => res.end());
    app.start(port);
  },
};

async function main() {
  if (mode === "client") {
    const [port, file, encoding = "utf-8"] = rest;
    clients[library](Number(port), decode(fs.readFileSync(file), encoding), encoding);
  } else {
    const port = await freePort();
    servers[library](port, rest[0] || "utf-8");
    setTimeout(() => console.log(`listening on ${port}`), 300);
  }
  setTimeout(() => process.exit(3), 20000);
}
main();
