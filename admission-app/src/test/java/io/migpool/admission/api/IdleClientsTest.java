package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.tls.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that connect and send nothing, or only the beginning, while the API server wants reviews. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "server.idle-connection-period", value = "PT0.05S")
@AddConfig(key = "server.protocols.bounded-http.head-timeout", value = "PT0.5S")
@AddConfig(key = "server.protocols.bounded-http.max-connections", value = "8")
@AddConfig(key = "server.tls.manager.migpool.handshake-timeout", value = "PT2S")
@AddConfig(key = "server.tls.manager.migpool.max-handshakes", value = "8")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "migpool.admission.tls.mode", value = "directory")
class IdleClientsTest {

    /** Of connections, and of handshakes. */
    private static final int MOST = 8;

    private static final int LONG_MS = 60_000;
    private static final int MOMENT_MS = 20;
    private static final int MOST_MOMENTS = LONG_MS / MOMENT_MS;
    private static final String UNFINISHED = "POST /webhook HTTP/1.1\r\nX-Endless: ";
    private static final TestCertificates CERTIFICATES = new TestCertificates();

    private final List<Socket> sockets = new ArrayList<>();

    @AddConfigSource
    static ConfigSource certificateDirectory() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("target"), "idle-clients-tls");
        CERTIFICATES.writeTo(directory);
        return new FixedSource(Map.of("migpool.admission.tls.directory", directory.toString()));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void connectionsWithoutAHandshakeAreClosed() throws Exception {
        assertThat(isCutOff(connected())).isTrue();
    }

    @Test
    void handshakesThatDripAreBrokenOff() throws Exception {
        Socket dripping = connected();
        dripping.getOutputStream().write(clientHello(), 0, 10);

        assertThat(isCutOffWhileDripping(dripping)).isTrue();
    }

    @Test
    void handshakesThatStopHalfwayAreBrokenOff() throws Exception {
        Socket halfway = connected();
        halfway.getOutputStream().write(clientHello());

        assertThat(halfway.getInputStream().read()).as("the server's hello").isNotNegative();
        assertThat(isCutOff(halfway)).isTrue();
    }

    @Test
    void headsThatDripAreCutOff() throws Exception {
        SSLSocket dripping = secured();
        send(dripping, UNFINISHED);

        assertThat(isCutOffWhileDripping(dripping)).isTrue();
    }

    @Test
    void reviewsAreAnsweredWhateverOthersHold() throws Exception {
        try (HttpClient apiServer = RunningWebhook.client(CERTIFICATES.trusting())) {
            for (int i = 0; i < 3 * MOST; i++) {
                connected();
                connected().getOutputStream().write(clientHello());
                secured();
                send(secured(), UNFINISHED);

                assertThat(RunningWebhook.review(apiServer, fixture()).statusCode())
                        .isEqualTo(200);
            }
        }
        try (HttpClient another = RunningWebhook.client(CERTIFICATES.trusting())) {
            assertThat(RunningWebhook.review(another, fixture()).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void failedHandshakesHoldNoPlace() throws Exception {
        TestCertificates distrusted = new TestCertificates();
        for (int i = 0; i < 3 * MOST; i++) {
            try (HttpClient stranger = RunningWebhook.client(distrusted.trusting())) {
                assertThatThrownBy(() -> RunningWebhook.review(stranger, fixture()))
                        .isInstanceOf(SSLHandshakeException.class);
            }
            Socket noTls = connected();
            send(noTls, "GET / HTTP/1.1\r\n\r\n");
            assertThat(isCutOff(noTls)).isTrue();
        }

        try (HttpClient apiServer = RunningWebhook.client(CERTIFICATES.trusting())) {
            assertThat(RunningWebhook.review(apiServer, fixture()).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3, http/1.1", "TLSv1.3, ''", "TLSv1.2, http/1.1", "TLSv1.2, ''"})
    void connectionsWithAHandshakeOutliveItsTimeout(String protocol, String application) throws Exception {
        SSLSocket kept = secured(protocol, application);
        SSLSocket unused = secured(protocol, application);
        send(kept, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(statusLine(kept)).isEqualTo("HTTP/1.1 404 Not Found");

        assertThat(isCutOff(connected())).as("one that came later").isTrue();

        for (SSLSocket idle : List.of(kept, unused)) {
            send(idle, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(statusLine(idle)).isEqualTo("HTTP/1.1 404 Not Found");
        }
    }

    private Socket connected() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), RunningWebhook.httpsPort());
        socket.setSoTimeout(LONG_MS);
        sockets.add(socket);
        return socket;
    }

    private SSLSocket secured() throws Exception {
        return secured("TLSv1.3", "");
    }

    private SSLSocket secured(String protocol, String application) throws Exception {
        SSLSocket socket = (SSLSocket)
                CERTIFICATES.trusting().getSocketFactory().createSocket("localhost", RunningWebhook.httpsPort());
        socket.setSoTimeout(LONG_MS);
        sockets.add(socket);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {protocol});
        parameters.setApplicationProtocols(application.isEmpty() ? new String[0] : new String[] {application});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static byte[] clientHello() throws Exception {
        SSLEngine engine = CERTIFICATES.trusting().createSSLEngine("localhost", RunningWebhook.httpsPort());
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        byte[] bytes = new byte[hello.flip().remaining()];
        hello.get(bytes);
        return bytes;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Reads to the end; returns false if the connection stays open. */
    private static boolean isCutOff(Socket socket) throws IOException {
        try {
            socket.getInputStream().readAllBytes();
            return true;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (SocketException | SSLException reset) {
            return true;
        }
    }

    /** Sends a byte per moment until the server closes the connection; returns false if it stays open. */
    private static boolean isCutOffWhileDripping(Socket socket) throws IOException {
        socket.setSoTimeout(MOMENT_MS);
        try {
            for (int moments = 0; moments < MOST_MOMENTS; moments++) {
                try {
                    if (socket.getInputStream().read() < 0) {
                        return true;
                    }
                } catch (SocketTimeoutException moment) {
                    socket.getOutputStream().write(1);
                }
            }
            return false;
        } catch (SocketException | SSLException reset) {
            return true;
        }
    }

    private static String statusLine(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as("after " + head).isNotNegative();
            head.append((char) next);
        }
        String lengthHeader = "content-length: ";
        int at = head.toString().toLowerCase(Locale.ROOT).indexOf(lengthHeader);
        if (at >= 0) {
            int from = at + lengthHeader.length();
            socket.getInputStream().skipNBytes(Long.parseLong(head.substring(from, head.indexOf("\r", from))));
        }
        return head.substring(0, head.indexOf("\r"));
    }

    private static byte[] fixture() throws IOException {
        try (InputStream stream = AdmissionReviewer.class.getResourceAsStream("gpu-memory-only.json")) {
            return Objects.requireNonNull(stream).readAllBytes();
        }
    }
}
