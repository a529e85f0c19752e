// A system of the agency that follows the feed: node subscriber.mjs CREDENTIALS STORE PROTO
// It appends a line for every event to the file STORE, which is its database, and reads facts by the .proto files below PROTO.
import fs from "node:fs";
import path from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import protobuf from "protobufjs";

const [credentialsFile, storeFile, protos] = process.argv.slice(2);
const credentials = JSON.parse(fs.readFileSync(credentialsFile, "utf8"));

// The highest number of each journal that is in the store: what is not above it was had before.
const had = new Map();
for (const line of fs.existsSync(storeFile) ? fs.readFileSync(storeFile, "utf8").split("\n") : []) {
  if (line) had.set(JSON.parse(line).journal, BigInt(JSON.parse(line).number));
}
const store = fs.openSync(storeFile, "a");

const files = new protobuf.Root();
files.resolvePath = (_, target) => (target.startsWith("buf/") ? null : path.join(protos, target)); // rules for what is asked, not for what is read
function fact(type, data) {
  let message = files.lookup(type);
  if (!message) {
    const folder = path.join(protos, ...type.split(".").slice(0, -1));
    files.loadSync(fs.readdirSync(folder).filter((f) => f.endsWith(".proto")).map((f) => path.relative(protos, path.join(folder, f))));
    message = files.lookupType(type);
  }
  return message.toObject(message.decode(data), { longs: String, enums: String });
}

function keep(m) {
  const of = (name) => m.headers.get("ce-" + name);
  const number = BigInt(of("eventnumber"));
  if (number > (had.get(of("journal")) ?? 0n)) {
    const line = { journal: of("journal"), number: of("eventnumber"), id: of("id"), type: of("type"), fact: fact(of("type"), m.data) };
    fs.writeSync(store, JSON.stringify(line) + "\n");
    fs.fsyncSync(store);
    had.set(of("journal"), number);
  }
  m.ack(); // all up to this one
}

const ca = credentials.ca_file && { caFile: credentials.ca_file };
const nc = await connect({ servers: credentials.url, user: credentials.user, pass: credentials.password, tls: ca, maxReconnectAttempts: -1, reconnectTimeWait: 200 });

const consumer = await jetstream(nc).consumers.get(credentials.stream, credentials.consumer);

// It goes back to what it acknowledged, and follows from there as long as deliveries come one after the other. When one was lost,
// such as on a connection that broke, it goes back again.
for (;;) {
  try {
    await nc.request(`$JS.API.CONSUMER.RESET.${credentials.stream}.${credentials.consumer}`, undefined, { timeout: 5000 });
  } catch {
    await new Promise((later) => setTimeout(later, 200)); // the node is away
    continue;
  }
  console.log("follows");
  let delivered = 0;
  const messages = await consumer.consume({ max_messages: 100 });
  for await (const m of messages) {
    if (m.info.deliverySequence !== ++delivered) break;
    keep(m);
  }
  messages.stop();
}
