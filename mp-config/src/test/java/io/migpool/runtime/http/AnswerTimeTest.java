package io.migpool.runtime.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that stop in the middle of a request, and those that do not. */
class AnswerTimeTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(200);

    private static final int PLACES = 3;

    /** Far beyond what the buffers of both sockets take. */
    private static final byte[] LARGE = new byte[32 << 20];

    private static final byte[] SMALL = new byte[100];

    private final Semaphore answering = new Semaphore(0);
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebServer server = WebServer.builder()
            .port(0)
            .routing(routing -> routing.addFilter(new AnswerTime(SHORT, PLACES))
                    .get("/whole", (request, response) -> {
                        answering.release();
                        response.send(wanted(request));
                    })
                    .get("/streamed", (request, response) -> {
                        answering.release();
                        try (OutputStream out = response.outputStream()) {
                            out.write(wanted(request));
                        }
                    })
                    .get("/computed", (request, response) -> response.send(Boolean.toString(interruptedBeforeLong())))
                    .post(
                            "/echo",
                            (request, response) ->
                                    response.send(request.content().as(String.class))))
            .build()
            .start();

    private static byte[] wanted(ServerRequest request) {
        return request.query().isEmpty() ? LARGE : SMALL;
    }

    /** Works, without waiting for anything, until it is interrupted. */
    private static boolean interruptedBeforeLong() {
        long end = System.nanoTime() + LONG.toNanos();
        while (!Thread.currentThread().isInterrupted() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return Thread.currentThread().isInterrupted();
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
    }

    @Test
    void clientsThatDoNotReadAreCutOffAndOthersAreServed() throws Exception {
        for (String path : List.of("/whole", "/streamed")) {
            try (Socket first = connected();
                    Socket second = connected()) {
                for (Socket stalled : List.of(first, second)) {
                    send(stalled, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                answering.acquire(2);

                assertThat(get(path + "?small").body()).hasSize(SMALL.length);
                answering.acquire();

                assertThat(restOf(first)).isLessThan(LARGE.length);
                assertThat(restOf(second)).isLessThan(LARGE.length);
            }
        }
    }

    @Test
    void aBodyThatDoesNotArriveEndsTheRequest() throws Exception {
        try (Socket stalled = connected()) {
            send(stalled, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfour");
            assertThat(restOf(stalled)).isZero();
        }
    }

    @Test
    void workThatTakesLongerIsAnsweredAndItsConnectionGoesOn() throws Exception {
        try (Socket socket = connected()) {
            for (int i = 0; i < 2; i++) {
                send(socket, "GET /computed HTTP/1.1\r\nHost: localhost\r\n\r\n");
                StringBuilder answer = new StringBuilder();
                while (!answer.toString().endsWith("\r\n\r\ntrue")) {
                    int next = socket.getInputStream().read();
                    assertThat(next).as(answer.toString()).isNotNegative();
                    answer.append((char) next);
                }
                assertThat(answer.toString()).startsWith("HTTP/1.1 200");
            }
        }
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        URI uri = URI.create("http://localhost:" + server.port() + path);
        return client.send(HttpRequest.newBuilder(uri).timeout(LONG).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void aBodyThatNobodyReadsEndsTheRequestToo() throws Exception {
        try (Socket dripping = connected()) {
            send(dripping, "GET /whole?small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfour");
            assertThat(restOf(dripping)).isGreaterThan(SMALL.length);
        }
    }

    @Test
    void whoHoldsRequestsMakesRoomForThoseWhoComeNext() throws Exception {
        WebServer patient = WebServer.builder()
                .port(0)
                .maxConcurrentRequests(PLACES + 1)
                .routing(routing -> routing.addFilter(new AnswerTime(LONG, PLACES))
                        .post("/echo", (request, response) -> {
                            answering.release();
                            response.send(request.content().as(String.class));
                        }))
                .build()
                .start();
        List<Socket> holding = new ArrayList<>();
        try {
            for (int i = 0; i < PLACES; i++) {
                Socket stalled = connectedTo(patient);
                holding.add(stalled);
                send(stalled, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfour");
                answering.acquire();
            }

            for (int i = 0; i < 3 * PLACES; i++) {
                URI uri = URI.create("http://localhost:" + patient.port() + "/echo");
                HttpRequest request = HttpRequest.newBuilder(uri)
                        .timeout(LONG)
                        .POST(HttpRequest.BodyPublishers.ofString("all"))
                        .build();
                assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                                .body())
                        .isEqualTo("all");
            }

            assertThat(restOf(holding.getFirst())).isZero();
            Socket youngest = holding.getLast();
            send(youngest, "teen.");
            assertThat(youngest.getInputStream().read()).isEqualTo('H');
        } finally {
            for (Socket socket : holding) {
                socket.close();
            }
            patient.stop();
        }
    }

    private Socket connected() throws IOException {
        return connectedTo(server);
    }

    private static Socket connectedTo(WebServer server) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout((int) LONG.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Returns how many bytes arrive until the server's end of the connection is closed. */
    private static long restOf(Socket socket) throws IOException {
        long bytes = 0;
        try {
            while (socket.getInputStream().read() >= 0) {
                bytes++;
            }
        } catch (SocketException reset) {
            return bytes;
        }
        return bytes;
    }
}
