import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** Follows the events of a Counterfoil node and hands each to Handler, once and in order. Needs Java 17 and nothing else. */
public final class Subscriber {
    private static final Path STATE = Path.of("state");

    /** Where to go on: the token, and how long events.txt was when it was given. */
    private record State(String token, long length) {
        static State load() throws IOException {
            if (!Files.exists(STATE)) {
                return new State("", 0);
            }
            List<String> lines = Files.readAllLines(STATE);
            return new State(lines.get(0), Long.parseLong(lines.get(1)));
        }

        /** Keeps it whole or not at all: written beside, synced, and renamed. */
        void save() throws IOException {
            Path beside = Path.of("state.new");
            try (FileChannel file = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                write(file, token + "\n" + length + "\n");
            }
            Files.move(beside, STATE, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void write(FileChannel file, String text) throws IOException {
        ByteBuffer data = StandardCharsets.UTF_8.encode(text);
        while (data.hasRemaining()) {
            file.write(data);
        }
        file.force(true);
    }

    public static void main(String[] args) throws Exception {
        String url = System.getenv("COUNTERFOIL_URL");
        String tokenFile = System.getenv("COUNTERFOIL_TOKEN_FILE");
        if (url == null || tokenFile == null) {
            System.err.println("set COUNTERFOIL_URL and COUNTERFOIL_TOKEN_FILE");
            System.exit(1);
        }
        HttpClient client = Watch.client(System.getenv("COUNTERFOIL_CA_FILE"));
        State state = State.load();
        try (FileChannel out = FileChannel.open(Path.of("events.txt"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int wait = 1;; wait = Math.min(2 * wait, 30)) {
                out.truncate(state.length()); // what was written of a message that was not finished comes again
                out.position(state.length());
                try (Watch watch = new Watch(client, url, Path.of(tokenFile), state.token())) {
                    while (true) {
                        Map<String, Object> message = watch.next();
                        write(out, lines(message));
                        state = new State((String) message.get("token"), out.position());
                        state.save();
                        wait = 1;
                    }
                } catch (IOException e) {
                    System.err.println(e + "; asking again in " + wait + " s");
                    Thread.sleep(wait * 1000L);
                } catch (Watch.Refused e) {
                    System.err.println(e.getMessage());
                    System.exit(1);
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static String lines(Map<String, Object> message) {
        StringBuilder lines = new StringBuilder();
        for (Object event : (List<Object>) message.getOrDefault("events", List.of())) {
            lines.append(Handler.handle((Map<String, Object>) event)).append('\n');
        }
        return lines.toString();
    }
}
