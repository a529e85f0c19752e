import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** One watch of a node's events. */
final class Watch implements AutoCloseable {
    private static final String PATH = "/counterfoil.query.v1.QueryService/Watch";
    /** Codes with which asking again does not help. */
    private static final Set<String> FINAL = Set.of("unauthenticated", "permission_denied", "invalid_argument", "unimplemented", "not_found");
    private static final int LARGEST = 64 << 20; // bytes of a message

    /** The node does not answer this, now or later. */
    static final class Refused extends RuntimeException {
        Refused(String why) {
            super(why);
        }
    }

    private final DataInputStream stream;

    Watch(HttpClient client, String url, Path tokenFile, String resume) throws IOException, InterruptedException {
        byte[] request = ("{\"token\":" + Json.quote(resume) + "}").getBytes(StandardCharsets.UTF_8);
        byte[] envelope = ByteBuffer.allocate(5 + request.length).put((byte) 0).putInt(request.length).put(request).array();
        HttpResponse<InputStream> response = client.send(
                HttpRequest.newBuilder(URI.create(url + PATH))
                        .header("Authorization", "Bearer " + Files.readString(tokenFile).strip())
                        .header("Content-Type", "application/connect+json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(envelope)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        stream = new DataInputStream(response.body());
        if (response.statusCode() != 200) {
            close();
            throw new Refused("HTTP status " + response.statusCode() + ": is " + url + " a node?");
        }
    }

    /** Waits for the next message: "events", and the "token" that resumes after them. */
    Map<String, Object> next() throws IOException {
        int flags = stream.readUnsignedByte();
        int size = stream.readInt();
        if (size < 0 || size > LARGEST) {
            throw new Refused("a message of " + size + " bytes: is this a node?");
        }
        byte[] data = stream.readNBytes(size);
        if (data.length < size) {
            throw new EOFException("the stream ended");
        }
        Map<String, Object> message = Json.object(new String(data, StandardCharsets.UTF_8));
        if ((flags & 2) == 0) {
            return message;
        }
        String why = "the watch ended";
        if (message.get("error") instanceof Map<?, ?> error) {
            why = error.get("code") + ": " + error.get("message");
            if (FINAL.contains(error.get("code"))) {
                throw new Refused(why);
            }
        }
        throw new EOFException(why);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    /** Returns a client that trusts the certificates of a file, or, without one, whom Java trusts. */
    static HttpClient client(String caFile) throws Exception {
        HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
        if (caFile != null) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            try (InputStream in = Files.newInputStream(Path.of(caFile))) {
                for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    trusted.setCertificateEntry("ca" + trusted.size(), c);
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            builder.sslContext(context);
        }
        return builder.build();
    }
}
