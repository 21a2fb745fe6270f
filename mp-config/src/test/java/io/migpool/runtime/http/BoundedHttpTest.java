package io.migpool.runtime.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that open connections and do not complete requests, and those that do. */
class BoundedHttpTest {

    private static final int MOST = 4;
    private static final int LONG_MS = 60_000;
    private static final int MOMENT_MS = 20;
    private static final String REQUEST = "GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String ANSWERED = "HTTP/1.1 200 OK";

    private final List<Socket> sockets = new ArrayList<>();
    private final List<WebServer> servers = new ArrayList<>();
    private final CountDownLatch answering = new CountDownLatch(1);
    private final CountDownLatch answer = new CountDownLatch(1);

    @AfterEach
    void stop() throws IOException {
        answer.countDown();
        for (Socket socket : sockets) {
            socket.close();
        }
        servers.forEach(WebServer::stop);
    }

    @Test
    void headersThatDripAreCutOff() throws Exception {
        WebServer server = started(Map.of("protocols.bounded-http.head-timeout", "PT0.2S"));
        Socket dripping = connected(server, "GET /quick HTTP/1.1\r\nX-Endless: ");

        assertThat(dripUntilCutOff(dripping)).as("an answer").isEmpty();
    }

    @Test
    void requestLinesThatDripAreCutOff() throws Exception {
        WebServer server = started(Map.of("idle-connection-timeout", "PT0.2S"));
        Socket dripping = connected(server, "GET /");

        assertThat(dripUntilCutOff(dripping)).as("an answer").isEmpty();
    }

    @Test
    void headersThatDripAfterARequestAreCutOff() throws Exception {
        WebServer server = started(Map.of("protocols.bounded-http.head-timeout", "PT0.2S"));
        Socket dripping = connected(server, REQUEST + "GET /quick HTTP/1.1\r\nX-Endless: ");

        assertThat(dripUntilCutOff(dripping)).startsWith(ANSWERED).containsOnlyOnce("HTTP/1.1");
    }

    @Test
    void silentConnectionsMakeRoomAndUsedOnesStay() throws Exception {
        WebServer server = started(Map.of());
        Socket used = connected(server, REQUEST);
        assertThat(answerOn(used)).isEqualTo(ANSWERED);

        for (int i = 0; i < 3 * MOST; i++) {
            connected(server, i % 2 == 0 ? "" : "GET /quick HTTP/1.1\r\nX-Endless: ");
            Socket honest = connected(server, REQUEST);
            assertThat(answerOn(honest)).isEqualTo(ANSWERED);
            honest.close();
        }

        send(used, REQUEST);
        assertThat(answerOn(used)).isEqualTo(ANSWERED);
    }

    @Test
    void ofUsedConnectionsTheLongestUnusedMakesRoom() throws Exception {
        WebServer server = started(Map.of());
        List<Socket> used = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            used.add(connected(server, REQUEST));
            assertThat(answerOn(used.getLast())).isEqualTo(ANSWERED);
        }
        Socket first = used.removeFirst();
        send(first, REQUEST);
        assertThat(answerOn(first)).isEqualTo(ANSWERED);

        assertThat(answerOn(connected(server, REQUEST))).isEqualTo(ANSWERED);

        assertThat(restOf(used.removeFirst())).isEmpty();
        used.add(first);
        for (Socket socket : used) {
            send(socket, REQUEST);
            assertThat(answerOn(socket)).isEqualTo(ANSWERED);
        }
    }

    @Test
    void aRequestThatIsBeingAnsweredIsNotInterrupted() throws Exception {
        WebServer server = started(Map.of(
                "protocols.bounded-http.max-connections", "1",
                "protocols.bounded-http.head-timeout", "PT0.05S"));
        Socket waiting = connected(server, "GET /patient HTTP/1.1\r\nHost: localhost\r\n\r\n");
        answering.await();
        for (int i = 0; i < 2 * MOST; i++) {
            assertThat(answerOn(connected(server, REQUEST))).isEqualTo(ANSWERED);
        }

        answer.countDown();
        assertThat(answerOn(waiting)).isEqualTo(ANSWERED);
    }

    @Test
    void aSocketThatDoesNotNameItHasTheServersOwn() throws Exception {
        WebServer server = started(WebServer.builder().config(Config.empty()));
        for (int i = 0; i < 2 * MOST; i++) {
            connected(server, "");
        }
        assertThat(answerOn(connected(server, REQUEST))).isEqualTo(ANSWERED);
        assertThatThrownBy(() -> {
                    sockets.getFirst().setSoTimeout(MOMENT_MS);
                    sockets.getFirst().getInputStream().read();
                })
                .isInstanceOf(SocketTimeoutException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "head-timeout, PT0S, 'protocols.bounded-http.head-timeout is ''PT0S''; expected a time above zero, such as PT10S'",
        "max-connections, 0, protocols.bounded-http.max-connections is '0'; expected 1 or more",
    })
    void settingsThatServeNobodyAreRefused(String key, String value, String message) {
        assertThatThrownBy(() -> started(Map.of("protocols.bounded-http." + key, value)))
                .hasStackTraceContaining(message);
    }

    private WebServer started(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "idle-connection-period", "PT0.05S",
                "protocols-discover-services", "false",
                "protocols.bounded-http.head-timeout", "PT1M",
                "protocols.bounded-http.max-connections", Integer.toString(MOST)));
        all.putAll(settings);
        return started(WebServer.builder().config(Config.just(ConfigSources.create(all))));
    }

    private WebServer started(io.helidon.webserver.WebServerConfig.Builder builder) {
        WebServer server = builder.port(0)
                .routing(routing -> routing.get("/quick", (request, response) -> response.send())
                        .get("/patient", (request, response) -> {
                            answering.countDown();
                            answer.await();
                            response.send();
                        }))
                .build()
                .start();
        servers.add(server);
        return server;
    }

    private Socket connected(WebServer server, String text) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        sockets.add(socket);
        send(socket, text);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Sends a byte per moment until the server closes the connection; returns what it sent. */
    private static String dripUntilCutOff(Socket socket) throws IOException {
        socket.setSoTimeout(MOMENT_MS);
        StringBuilder received = new StringBuilder();
        try {
            for (int moments = 0; moments < 500; ) {
                try {
                    int next = socket.getInputStream().read();
                    if (next < 0) {
                        return received.toString();
                    }
                    received.append((char) next);
                } catch (SocketTimeoutException moment) {
                    moments++;
                    socket.getOutputStream().write('x');
                }
            }
            throw new AssertionError("still open after 500 moments; received: " + received);
        } catch (SocketException reset) {
            return received.toString();
        }
    }

    /** Reads an answer without a body; returns its status line, empty if there is none. */
    private static String answerOn(Socket socket) throws IOException {
        StringBuilder answer = new StringBuilder();
        socket.setSoTimeout(LONG_MS);
        while (!answer.toString().endsWith("\r\n\r\n")) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                return answer.toString();
            }
            answer.append((char) next);
        }
        return answer.substring(0, answer.indexOf("\r"));
    }

    private static String restOf(Socket socket) throws IOException {
        socket.setSoTimeout(LONG_MS);
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (SocketException reset) {
            return "";
        }
    }
}
