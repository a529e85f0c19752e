using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

/// <summary>The node does not answer this, now or later.</summary>
sealed class Refused(string why) : Exception(why);

/// <summary>Watches a node's events.</summary>
sealed class Watch(HttpClient client, string url, string tokenFile)
{
    const string Path = "/counterfoil.query.v1.QueryService/Watch";
    const int Largest = 64 << 20; // bytes of a message
    // Asking again does not help.
    static readonly HashSet<string> Final = ["unauthenticated", "permission_denied", "invalid_argument", "unimplemented", "not_found"];

    /// <summary>Yields the messages of a watch: each has "events" and the "token" that resumes after them.</summary>
    public async IAsyncEnumerable<JsonElement> From(string resume, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url + Path) { Content = new ByteArrayContent(Envelope(new { token = resume })) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/connect+json");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.StatusCode != HttpStatusCode.OK) throw new Refused($"HTTP status {(int)response.StatusCode}: is {url} a node?");
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var head = new byte[5];
        while (true)
        {
            await stream.ReadExactlyAsync(head, cancel);
            var size = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(1));
            if (size > Largest) throw new Refused($"a message of {size} bytes: is {url} a node?");
            var data = new byte[size];
            await stream.ReadExactlyAsync(data, cancel);
            var message = JsonSerializer.Deserialize<JsonElement>(data);
            if ((head[0] & 2) != 0) throw Ended(message);
            yield return message;
        }
    }

    static Exception Ended(JsonElement end)
    {
        if (!end.TryGetProperty("error", out var error)) return new IOException("the watch ended");
        var code = error.GetProperty("code").GetString()!;
        var why = error.TryGetProperty("message", out var message) ? message.GetString()! : code;
        return Final.Contains(code) ? new Refused(why) : new IOException(why);
    }

    static byte[] Envelope(object message)
    {
        var data = JsonSerializer.SerializeToUtf8Bytes(message);
        var envelope = new byte[5 + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(envelope.AsSpan(1), (uint)data.Length);
        data.CopyTo(envelope, 5);
        return envelope;
    }

    /// <summary>Returns a client that trusts the certificates of a file, or, without one, whom the machine trusts.</summary>
    public static HttpClient Client(string? caFile)
    {
        var handler = new SocketsHttpHandler();
        if (caFile != null)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(caFile);
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
