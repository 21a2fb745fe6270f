package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.tls.TestCertificates;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;

@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "migpool.admission.tls.mode", value = "directory")
@AddConfig(key = "migpool.admission.tls.check-interval", value = "PT0.05S")
class CertificateReloadTest {

    private static final AtomicReference<Path> DIRECTORY = new AtomicReference<>();
    private static final byte[] NO_REVIEW = "{}".getBytes(StandardCharsets.UTF_8);
    private static final int ANSWERED = 400;

    @AddConfigSource
    static ConfigSource emptyDirectory() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("target"), "webhook-reload");
        DIRECTORY.set(directory);
        return new FixedSource(Map.of("migpool.admission.tls.directory", directory.toString()));
    }

    @Test
    void certificatesComeAndChangeWithoutDroppingAConnection() throws Exception {
        Path directory = DIRECTORY.get();
        assertThat(RunningWebhook.admin("/health/ready").statusCode())
                .as("not ready without a certificate")
                .isEqualTo(503);

        TestCertificates before = new TestCertificates();
        before.writeTo(directory);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> RunningWebhook.admin("/health/ready").statusCode() == 200);

        try (HttpClient standing = RunningWebhook.client(before.trusting())) {
            assertThat(status(standing)).isEqualTo(ANSWERED);

            TestCertificates after = new TestCertificates();
            after.writeTo(directory);
            await().atMost(Duration.ofSeconds(60)).until(() -> isServed(after));

            assertThat(isServed(before))
                    .as("new connections get the new certificate")
                    .isFalse();
            assertThat(status(standing)).as("the connection that stood before").isEqualTo(ANSWERED);

            Files.writeString(directory.resolve("tls.crt"), "garbage");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> RunningWebhook.admin("/health/ready").body().contains("no BEGIN CERTIFICATE block"));
            assertThat(isServed(after)).as("the last good pair stays").isTrue();
            assertThat(RunningWebhook.admin("/health/ready").statusCode()).isEqualTo(200);
        }
    }

    private static boolean isServed(TestCertificates trusted) throws Exception {
        try (HttpClient fresh = RunningWebhook.client(trusted.trusting())) {
            return status(fresh) == ANSWERED;
        } catch (SSLHandshakeException e) {
            return false;
        }
    }

    private static int status(HttpClient client) throws IOException, InterruptedException {
        return RunningWebhook.review(client, NO_REVIEW).statusCode();
    }
}
