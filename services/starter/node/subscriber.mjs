// Follows the events of a Counterfoil node and hands each to handle(), once and in order. Needs Node 18 and nothing else.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { handle } from "./handle.mjs";

const WATCH = "/counterfoil.query.v1.QueryService/Watch";
const FINAL = new Set(["unauthenticated", "permission_denied", "invalid_argument", "unimplemented", "not_found"]); // asking again does not help
const LARGEST = 64 << 20; // bytes of a message

class Refused extends Error {}
class Broken extends Error {} // worth another try

function envelope(message) {
  const data = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

function post(url, token, body) {
  return new Promise((answered, failed) => {
    const request = (url.protocol === "https:" ? https : http).request(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/connect+json" },
      ca: process.env.COUNTERFOIL_CA_FILE && readFileSync(process.env.COUNTERFOIL_CA_FILE),
    });
    request.on("socket", (socket) => socket.setKeepAlive(true, 15_000)); // a watch may be silent for hours
    request.on("response", answered);
    request.on("error", failed);
    request.end(body);
  });
}

// watch yields the messages of a watch: each has "events" and the "token" that resumes after them.
async function* watch(base, tokenFile, resume) {
  try {
    const token = readFileSync(tokenFile, "utf8").trim();
    const response = await post(new URL(WATCH, base), token, envelope({ token: resume }));
    if (response.statusCode !== 200) throw new Refused(`${response.statusCode} ${response.statusMessage}: is ${base} a node?`);
    yield* messages(response, base);
  } catch (error) {
    throw error instanceof Refused ? error : new Broken(error.message || error.code);
  }
  throw new Broken("the stream ended");
}

async function* messages(response, base) {
  let pieces = Buffer.alloc(0);
  for await (const piece of response) {
    pieces = Buffer.concat([pieces, piece]);
    while (pieces.length >= 5) {
      const size = pieces.readUInt32BE(1);
      if (size > LARGEST) throw new Refused(`a message of ${size} bytes: is ${base} a node?`);
      if (pieces.length < 5 + size) break;
      const message = JSON.parse(pieces.subarray(5, 5 + size));
      if (pieces[0] & 2) {
        const error = message.error ?? {};
        if (FINAL.has(error.code)) throw new Refused(error.message ?? error.code);
        throw new Error(error.message ?? "the watch ended");
      }
      yield message;
      pieces = pieces.subarray(5 + size);
    }
  }
}

// load says where to go on: the token, and how long events.txt was when it was given.
function load() {
  try {
    return JSON.parse(readFileSync("state.json", "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return { token: "", length: 0 };
    throw error;
  }
}

// save keeps it whole or not at all: written beside, synced, and renamed.
function save(state) {
  const file = openSync("state.json.new", "w");
  writeFileSync(file, JSON.stringify(state));
  fsyncSync(file);
  closeSync(file);
  renameSync("state.json.new", "state.json");
}

async function main() {
  const { COUNTERFOIL_URL: url, COUNTERFOIL_TOKEN_FILE: tokenFile } = process.env;
  if (!url || !tokenFile) throw new Refused("set COUNTERFOIL_URL and COUNTERFOIL_TOKEN_FILE");
  let state = load();
  const out = openSync("events.txt", "a");
  for (let wait = 1; ; wait = Math.min(2 * wait, 30)) {
    ftruncateSync(out, state.length); // what was written of a message that was not finished comes again
    try {
      for await (const message of watch(url, tokenFile, state.token)) {
        writeFileSync(out, (message.events ?? []).map((event) => handle(event) + "\n").join(""));
        fsyncSync(out);
        state = { token: message.token, length: fstatSync(out).size };
        save(state);
        wait = 1;
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      console.error(`${error.message}; asking again in ${wait} s`);
      await sleep(wait * 1000);
    }
  }
}

main().catch((error) => {
  console.error(error instanceof Refused ? error.message : error);
  process.exitCode = 1;
});
