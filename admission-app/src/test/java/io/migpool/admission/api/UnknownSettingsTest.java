package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.tls.TestCertificates;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;

/** The application is started while the cluster's document is invalid, so the names of GPU resources are unknown. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "directory")
@AddConfig(key = "migpool.admission.tls.mode", value = "directory")
class UnknownSettingsTest {

    private static final String VALID = "nvidia:\n  resourceCountName: nvidia.com/gpualloc\n";
    private static final String INVALID = VALID + "  defaultCores: 200\n";
    private static final TestCertificates CERTIFICATES = new TestCertificates();
    private static final AtomicReference<Path> DIRECTORY = new AtomicReference<>();
    private static final byte[] REVIEW = """
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u", "operation": "CREATE",
             "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "default",
             "object": {"spec": {"schedulerName": "default-scheduler", "containers": [
               {"name": "cuda", "resources": {"limits": {"nvidia.com/gpualloc": "1"}}}]}}}}
            """.getBytes(StandardCharsets.UTF_8);

    @AddConfigSource
    static ConfigSource invalidDocument() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("target"), "webhook-unknown");
        CERTIFICATES.writeTo(directory);
        Files.writeString(directory.resolve("device-config.yaml"), INVALID);
        DIRECTORY.set(directory);
        return new FixedSource(Map.of(
                "migpool.admission.tls.directory", directory.toString(),
                "migpool.config.directory", directory.toString()));
    }

    @Test
    void nothingIsAdmittedByDefaultsThatNobodyMeantUntilTheDocumentIsMended() throws Exception {
        HttpResponse<String> unready = RunningWebhook.admin("/health/ready");
        assertThat(unready.statusCode()).isEqualTo(503);
        assertThat(unready.body()).contains("\"INVALID\"", "nvidia.defaultCores");
        assertThat(review().statusCode()).isEqualTo(503);

        edit(VALID);

        await().until(() -> RunningWebhook.admin("/health/ready").statusCode() == 200);
        assertThat(review().body()).contains("\"allowed\":true", "JSONPatch");

        edit(INVALID);

        await().until(() -> RunningWebhook.admin("/health/ready").body().contains("\"INVALID\""));
        assertThat(RunningWebhook.admin("/health/ready").statusCode())
                .as("last good settings are in force")
                .isEqualTo(200);
        assertThat(review().body()).contains("\"allowed\":true", "JSONPatch");
    }

    /** Edits in one step, because half a document may be a valid one. */
    private static void edit(String document) throws IOException {
        Path next = Files.writeString(DIRECTORY.get().resolve("next"), document);
        Files.move(next, DIRECTORY.get().resolve("device-config.yaml"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static HttpResponse<String> review() throws Exception {
        try (HttpClient client = RunningWebhook.client(CERTIFICATES.trusting())) {
            return RunningWebhook.review(client, REVIEW);
        }
    }
}
