using System.Text.Json;

/// <summary>What is done with an event: the part to write anew.</summary>
static class Handler
{
    /// <summary>
    /// Returns the line that events.txt keeps of an event: a counterfoil.query.v1.RecordedEvent in JSON
    /// (proto/counterfoil/query/v1/rows.proto), whose "fact" says by "@type" which message of the contract it is. 64-bit numbers are strings.
    /// </summary>
    public static string Handle(JsonElement e) =>
        string.Join('\t', new[] { "journal", "number", "kind", "id" }.Select(name => e.GetProperty(name).GetString()));
}
