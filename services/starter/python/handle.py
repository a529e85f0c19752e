"""What is done with an event: the part to write anew."""


def handle(event):
    """Returns the line that events.txt keeps of an event.

    event is a counterfoil.query.v1.RecordedEvent in JSON (proto/counterfoil/query/v1/rows.proto); its "fact" says by "@type" which
    message of the contract it is. 64-bit numbers are strings.
    """
    return "\t".join([event["journal"], event["number"], event["kind"], event["id"]])
