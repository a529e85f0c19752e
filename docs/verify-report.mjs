#!/usr/bin/env node
// Checks a lineage file of a report (docs/lineage.md) with nothing but Node: that every figure is the sum of what the file says it is
// made of, that the events behind it are in journals that their agencies signed, and, where the file has the events' bytes, that the
// events state the numbers. Prints what it checked; exits 1 with the first thing that is wrong, 2 for wrong usage.
//
//   node verify-report.mjs FILE [KEYS.json | AGENCY=KEY]…
//
// A KEY is an agency's public key or its id, in hexadecimal digits; KEYS.json is {"agency": ["KEY", …], …}. Without any, the ids of
// the keys are printed, to be compared with what the agencies publish.
import { createHash, createPublicKey, verify as verifies } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest()
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const said = (value) => `${Buffer.byteLength(String(value))}:${value}` // so that no two texts run together
const must = (holds, wrong) => { if (!holds) throw new Error(wrong) }

// fields reads one message off the protobuf wire: [number, value] in order, a value being a BigInt or bytes.
function fields(raw) {
  const list = []
  let at = 0
  const varint = () => {
    let n = 0n
    for (let shift = 0n; ; shift += 7n) {
      must(at < raw.length && shift < 70n, 'a protobuf message is cut off')
      const byte = raw[at++]
      n |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, n)
    }
  }
  while (at < raw.length) {
    const tag = Number(varint()), wire = tag & 7
    must([0, 1, 2, 5].includes(wire), 'a protobuf message has an unknown wire type')
    const size = wire === 0 ? varint() : wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4
    must(wire === 0 || at + size <= raw.length, 'a protobuf message is cut off')
    list.push([tag >> 3, wire === 0 ? size : raw.subarray(at, at += size)])
  }
  return list
}

// all and one are the values of a field; of a field that is not repeated the last one counts, and an absent one is `otherwise`.
const all = (raw, number) => fields(raw).filter(([n]) => n === number).map(([, value]) => value)
const one = (raw, number, otherwise) => all(raw, number).at(-1) ?? otherwise
const text = (raw, number) => one(raw, number, Buffer.alloc(0)).toString('utf8')

// follow goes along a path such as "LicenceGranted.deal(3).lines(6)[1].quantity(6).thousandths(1)" in an event's bytes.
function follow(event, path) {
  const [kind, ...steps] = path.split('.')
  const named = text(event, 10)
  must(named.slice(named.lastIndexOf('.') + 1) === kind, `the event is of kind ${named}, not ${kind}`)
  let value = one(event, 11, Buffer.alloc(0))
  for (const step of steps) {
    const match = /^\w+\((\d+)\)(?:\[(\d+)\])?$/.exec(step)
    must(match, `${path} is no path`)
    must(Buffer.isBuffer(value), `${path} goes into a number`)
    const found = all(value, Number(match[1]))
    value = match[2] === undefined ? found.at(-1) : found[Number(match[2])]
    if (value !== undefined) continue
    must(step === steps.at(-1) && match[2] === undefined, `there is nothing at ${path}`) // a scalar that is absent is 0, or empty
  }
  return value
}

// number is the signed number at a term's path.
function number(event, term) {
  const n = follow(event, term.path) ?? 0n
  must(typeof n === 'bigint', `there is no number at ${term.path}`)
  return term.zigzag ? (n >> 1n) ^ -(n & 1n) : BigInt.asIntN(64, n)
}

// sums adds amounts up, by what they are of; what comes to 0 is left out, so that absent and 0 are the same.
function sums(list) {
  const total = new Map()
  const add = (of, n) => total.set(of, (total.get(of) ?? 0n) + BigInt(n))
  for (const amounts of list) {
    add('lines', amounts.lines ?? 0)
    add('licences', amounts.licences ?? 0)
    for (const q of amounts.quantities ?? []) add(`quantity ${q.unit}`, q.thousandths)
    for (const v of amounts.values ?? []) add(`value ${v.currency}`, v.minor)
  }
  return new Map([...total].filter(([, n]) => n !== 0n))
}

function same(a, b, what) {
  for (const of of new Set([...a.keys(), ...b.keys()])) {
    must(a.get(of) === b.get(of), `${what}: ${of} is ${a.get(of) ?? 0}, and not ${b.get(of) ?? 0}`)
  }
}

// root recomputes the root of an RFC 6962 tree. Every leaf and every node has to be used, so that none is there for show.
function root(size, leaves, nodes) {
  const numbers = leaves.map((l) => l.number - 1)
  const known = new Map(nodes.map((n) => [`${n.from}-${n.to}`, n.hash]))
  let used = 0
  const first = (from, low = 0, high = numbers.length) => { // the first leaf that is not before from
    if (low === high) return low
    const middle = (low + high) >> 1
    return numbers[middle] < from ? first(from, middle + 1, high) : first(from, low, middle)
  }
  const over = (from, to) => {
    const at = first(from)
    if (at === numbers.length || numbers[at] >= to) {
      const hash = known.get(`${from}-${to}`)
      must(/^[0-9a-f]{64}$/.test(hash), `no hash of leaves ${from} to ${to}`)
      used++
      return Buffer.from(hash, 'hex')
    }
    if (to - from === 1) return Buffer.from(leaves[at].hash, 'hex')
    let half = 1
    while (half * 2 < to - from) half *= 2
    return sha256('\x01', over(from, from + half), over(from + half, to))
  }
  const hash = hex(over(0, size))
  must(used === nodes.length, 'it has hashes that belong nowhere')
  return hash
}

// checkJournal holds a journal against its signed header and returns its leaves, by the name of the event.
function checkJournal(journal, extents, trusted) {
  const raw = Buffer.from(journal.header, 'base64'), key = Buffer.from(journal.key, 'base64')
  const agency = text(raw, 1)
  const head = { // of counterfoil.event.v1.Header
    journal: `${agency}/${text(raw, 2)}`, block: Number(one(raw, 3, 0n)), root: hex(one(raw, 7, '')), size: Number(one(raw, 8, 0n)), keyId: hex(one(raw, 13, '')),
  }
  must(head.journal === journal.journal, `the header is of ${head.journal}`)
  must(key.length === 32 && hex(sha256(key)).startsWith(head.keyId) && head.keyId.length === 16, 'the key is not the one that the header names')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' })
  must(verifies(null, Buffer.concat([Buffer.from('counterfoil block v1\n'), raw]), publicKey, Buffer.from(journal.signature, 'base64')), 'the signature is not by the key')
  must(!trusted || (trusted[agency] ?? []).some((k) => k === hex(key) || k === head.keyId), `key ${head.keyId} of ${agency} is none that is trusted`)
  const extent = extents.find((e) => e.journal === journal.journal)
  must(extent && Number(extent.block) === head.block && Number(extent.events) === head.size && hex(Buffer.from(extent.root, 'base64')) === head.root,
    'the header is not where the report says that it read to')
  const leaves = new Map()
  let before = 0
  for (const leaf of journal.leaves) {
    must(Number.isSafeInteger(leaf.number) && leaf.number > before && leaf.number <= head.size && /^[0-9a-f]{64}$/.test(leaf.hash), `leaf ${leaf.number} is out of place`)
    before = leaf.number
    const bytes = leaf.bytes === undefined ? undefined : Buffer.from(leaf.bytes, 'base64')
    must(!bytes || hex(sha256('\0', bytes)) === leaf.hash, `event ${leaf.number} does not hash to its leaf`)
    leaves.set(`${journal.journal}/${leaf.number}`, bytes)
  }
  must(root(head.size, journal.leaves, journal.nodes) === head.root, 'the leaves do not hash to the root that is signed')
  return { leaves, line: `journal ${head.journal}: block ${head.block}, ${head.size} events, signed by ${agency} with key ${head.keyId}` }
}

// checkTerms holds a contribution against what its events state. A number counts once in a table.
function checkTerms(contribution, table, events, counted) {
  const stated = (contribution.terms ?? []).map((term) => {
    const where = `${term.event} ${term.path}`, event = events.get(term.event)
    must(contribution.events.includes(term.event) && event, `${where}: the event is not there`)
    must(!counted.has(`${table} ${where}`), `${where} is counted twice`)
    counted.add(`${table} ${where}`)
    must((term.measure === 'quantity' || term.measure === 'value') && Math.abs(term.sign) === 1, `${where} is of no measure`)
    must((follow(event, term.unit_path) ?? '').toString('utf8') === term.unit, `${where} is not in ${term.unit}`)
    const n = String(BigInt(term.sign) * number(event, term))
    return term.measure === 'quantity' ? { quantities: [{ unit: term.unit, thousandths: n }] } : { values: [{ currency: term.unit, minor: n }] }
  })
  const gone = contribution.events.some((name) => events.get(name) === undefined)
  if (gone && stated.length === 0) return false
  same(sums([{ ...contribution.amounts, lines: 0, licences: 0 }]), sums(stated), `what ${contribution.events.join(' ')} state`)
  return true
}

// digest is over what the file says beside its digest, however it is spaced.
function digest({ digest: _, ...file }) {
  const hash = createHash('sha256')
  const say = (value) => {
    if (value === null || typeof value !== 'object') return hash.update(said(value))
    const list = Array.isArray(value)
    hash.update(list ? '[' : '{')
    for (const [key, of] of Object.entries(value)) {
      if (!list) say(key)
      say(of)
    }
    return hash.update(list ? ']' : '}')
  }
  return say(file).digest('hex')
}

// verify checks a file and returns what it checked, a line each. It throws an Error that names the first thing that is wrong.
export function verify(content, trusted) {
  const file = JSON.parse(content)
  must(file.format === 'counterfoil-lineage/1', `the format is ${file.format}`)
  const lines = [], events = new Map(), behind = new Set(), rows = new Set(), counted = new Set()
  for (const journal of file.journals) {
    try {
      const { leaves, line } = checkJournal(journal, file.title.extents ?? [], trusted)
      for (const [name, bytes] of leaves) {
        must(!events.has(name), `event ${name} is there twice`)
        events.set(name, bytes)
      }
      lines.push(line)
    } catch (err) {
      throw new Error(`journal ${journal.journal}: ${err.message}`)
    }
  }
  let contributions = 0, unread = 0
  for (const row of file.rows) {
    const what = `row ${row.id} of ${row.table}`
    must(row.id === hex(sha256(...[row.table, ...row.keys].map(said))).slice(0, 12), `${what}: its id is not that of its keys`)
    must(!rows.has(row.id), `${what} is there twice`)
    must(file.tables.some((t) => t.table === row.table && t.dimensions.length === row.keys.length), `${what}: the report has no such table`)
    rows.add(row.id)
    same(sums([row.amounts]), sums(row.contributions.map((c) => c.amounts)), `${what} and what it is made of`)
    for (const c of row.contributions) {
      contributions++
      must(c.events.length > 0, `${what}: no event is behind a contribution`)
      for (const name of c.events) {
        must(events.has(name), `${what}: event ${name} is in no journal here`)
        behind.add(name)
      }
      if (file.audience === 'internal' && !checkTerms(c, row.table, events, counted)) unread++
    }
  }
  for (const name of events.keys()) must(behind.has(name), `event ${name} is behind no row`)
  must(digest(file) === file.digest, 'the digest is of another content')
  lines.unshift(`${file.title.report} ${file.title.year} of ${file.title.state ?? 'a State'}, edition ${file.audience}: ${rows.size} rows are the sums of ${contributions} contributions`)
  lines.push(`${events.size} events are in the journals${file.audience === 'internal' ? ', and state the numbers' : '; what they state is not in this file'}`)
  if (unread > 0) lines.push(`${unread} contributions rest on content that was withdrawn and was not looked at`)
  if (!trusted) lines.push('compare the keys above with those that the agencies publish')
  return [...lines, `digest ${file.digest}`]
}

function trust(args) {
  const keys = {}
  const add = (agency, key) => (keys[agency] ??= []).push(key.toLowerCase())
  for (const arg of args) {
    const [, agency, key] = /^([a-z][a-z0-9-]*)=([0-9A-Fa-f]{16}|[0-9A-Fa-f]{64})$/.exec(arg) ?? []
    if (agency) add(agency, key)
    else for (const [agency, list] of Object.entries(JSON.parse(readFileSync(arg, 'utf8')))) [list].flat().forEach((key) => add(agency, key))
  }
  return args.length > 0 ? keys : undefined
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, ...keys] = process.argv.slice(2)
  if (!file) console.error('usage: node verify-report.mjs FILE [KEYS.json | AGENCY=KEY]…') || process.exit(2)
  try {
    const content = readFileSync(file)
    for (const line of verify(content.toString('utf8'), trust(keys))) console.log(line)
    console.log(`SHA-256 of the file ${hex(sha256(content))}\nOK`)
  } catch (err) {
    console.error(`${file}: ${err.message}`)
    process.exit(1)
  }
}
