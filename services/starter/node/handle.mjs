// What is done with an event: the part to write anew. It returns the line that events.txt keeps of it.
//
// event is a counterfoil.query.v1.RecordedEvent in JSON (proto/counterfoil/query/v1/rows.proto); its "fact" says by "@type" which message
// of the contract it is. 64-bit numbers are strings.
export function handle(event) {
  return [event.journal, event.number, event.kind, event.id].join("\t");
}
