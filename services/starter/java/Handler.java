import java.util.Map;

/** What is done with an event: the part to write anew. */
final class Handler {
    private Handler() {}

    /**
     * Returns the line that events.txt keeps of an event: a counterfoil.query.v1.RecordedEvent in JSON
     * (proto/counterfoil/query/v1/rows.proto), whose "fact" says by "@type" which message of the contract it is. 64-bit numbers are
     * strings.
     */
    static String handle(Map<String, Object> event) {
        return event.get("journal") + "\t" + event.get("number") + "\t" + event.get("kind") + "\t" + event.get("id");
    }
}
