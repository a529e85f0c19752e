// Follows the events of a Counterfoil node and hands each to Handler, once and in order. Needs .NET 8 and nothing else.
using System.Text;
using System.Text.Json;

var url = Environment.GetEnvironmentVariable("COUNTERFOIL_URL");
var tokenFile = Environment.GetEnvironmentVariable("COUNTERFOIL_TOKEN_FILE");
if (url == null || tokenFile == null)
{
    Console.Error.WriteLine("set COUNTERFOIL_URL and COUNTERFOIL_TOKEN_FILE");
    return 1;
}
var watch = new Watch(Watch.Client(Environment.GetEnvironmentVariable("COUNTERFOIL_CA_FILE")), url, tokenFile);
var state = State.Load();
using var output = new FileStream("events.txt", FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
for (var wait = 1; ; wait = Math.Min(2 * wait, 30))
{
    output.SetLength(state.Length); // what was written of a message that was not finished comes again
    output.Position = state.Length;
    try
    {
        await foreach (var message in watch.From(state.Token))
        {
            if (message.TryGetProperty("events", out var events))
                foreach (var e in events.EnumerateArray())
                    output.Write(Encoding.UTF8.GetBytes(Handler.Handle(e) + "\n"));
            output.Flush(flushToDisk: true);
            state = new State(message.GetProperty("token").GetString()!, output.Position);
            state.Save();
            wait = 1;
        }
    }
    catch (Refused refused)
    {
        Console.Error.WriteLine(refused.Message);
        return 1;
    }
    catch (Exception broken) when (broken is IOException or HttpRequestException)
    {
        Console.Error.WriteLine($"{broken.Message}; asking again in {wait} s");
        await Task.Delay(TimeSpan.FromSeconds(wait));
    }
}

/// <summary>Where to go on: the token, and how long events.txt was when it was given.</summary>
sealed record State(string Token, long Length)
{
    public static State Load() =>
        File.Exists("state.json") ? JsonSerializer.Deserialize<State>(File.ReadAllText("state.json"))! : new State("", 0);

    /// <summary>Keeps it whole or not at all: written beside, synced, and renamed.</summary>
    public void Save()
    {
        using (var file = new FileStream("state.json.new", FileMode.Create))
        {
            JsonSerializer.Serialize(file, this);
            file.Flush(flushToDisk: true);
        }
        File.Move("state.json.new", "state.json", overwrite: true);
    }
}
