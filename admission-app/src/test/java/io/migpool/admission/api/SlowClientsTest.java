package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.tls.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;

/** Clients that begin requests and do not complete them, while the API server wants reviews. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "migpool.admission.tls.mode", value = "directory")
class SlowClientsTest {

    /** More than {@code server.max-concurrent-requests}. */
    private static final int HOLDERS = 300;

    private static final int REVIEWS = 20;
    private static final TestCertificates CERTIFICATES = new TestCertificates();

    @AddConfigSource
    static ConfigSource certificateDirectory() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("target"), "slow-clients-tls");
        CERTIFICATES.writeTo(directory);
        return new FixedSource(Map.of("migpool.admission.tls.directory", directory.toString()));
    }

    @Test
    void reviewsAreAnsweredWhileOthersHoldMoreRequestsThanTheServerTakes() throws Exception {
        List<SSLSocket> holding = new ArrayList<>();
        try (HttpClient apiServer = RunningWebhook.client(CERTIFICATES.trusting())) {
            for (int i = 0; i < HOLDERS; i++) {
                holding.add(begun("POST /webhook"));
            }
            for (int i = 0; i < REVIEWS; i++) {
                assertThat(RunningWebhook.review(apiServer, fixture()).statusCode())
                        .isEqualTo(200);
            }
        } finally {
            for (SSLSocket socket : holding) {
                socket.close();
            }
        }
    }

    @Test
    void requestsThatNobodyReadsHoldNoPlaceEither() throws Exception {
        List<SSLSocket> holding = new ArrayList<>();
        try (HttpClient apiServer = RunningWebhook.client(CERTIFICATES.trusting())) {
            for (int i = 0; i < HOLDERS; i++) {
                holding.add(begun("POST /elsewhere"));
            }
            for (int i = 0; i < REVIEWS; i++) {
                assertThat(RunningWebhook.review(apiServer, fixture()).statusCode())
                        .isEqualTo(200);
            }
        } finally {
            for (SSLSocket socket : holding) {
                socket.close();
            }
        }
    }

    private static SSLSocket begun(String request) throws Exception {
        SSLSocket socket = (SSLSocket)
                CERTIFICATES.trusting().getSocketFactory().createSocket("localhost", RunningWebhook.httpsPort());
        String head = request + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000\r\n\r\n{";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static byte[] fixture() throws IOException {
        try (InputStream stream = AdmissionReviewer.class.getResourceAsStream("gpu-memory-only.json")) {
            return Objects.requireNonNull(stream).readAllBytes();
        }
    }
}
