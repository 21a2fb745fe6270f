package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsConfig;
import io.helidon.http.HeaderValues;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.WebClient;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls webhooks over HTTPS, trusting only the certificates in their {@code caBundle}. */
final class WebhookClient implements AutoCloseable {
    private static final int DEFAULT_TIMEOUT_SECONDS = 10;
    private static final int CACHED_CONNECTIONS = 8;

    private final Services services;
    private final Map<Endpoint, WebClient> clients = new ConcurrentHashMap<>();

    /** Calls in progress: a read that its deadline interrupts gives up its connection. */
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

    WebhookClient(Services services) {
        this.services = services;
    }

    /**
     * The address of a webhook.
     *
     * @param base scheme, the host that the certificate must name, the port to connect to
     * @param address the address to connect to, which carries that host as its name
     * @param caBundle base64 of the PEM certificates to trust; if empty, the JDK's own
     */
    private record Endpoint(URI base, InetAddress address, String caBundle) {}

    /**
     * Posts a review and reads the answer, all of it within the webhook's {@code timeoutSeconds}. Any failure is an exception
     * whose message names the address.
     */
    JsonNode post(JsonNode webhook, ObjectNode review) throws IOException {
        int timeout = (int) Json.number(webhook, DEFAULT_TIMEOUT_SECONDS, "timeoutSeconds");
        JsonNode config = webhook.path("clientConfig");
        Future<JsonNode> answer = calls.submit(() -> exchange(endpoint(config), path(config), timeout, review));
        try {
            return answer.get(timeout, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw failed(config, timeout, "context deadline exceeded", e);
        } catch (ExecutionException e) {
            throw failed(config, timeout, deepest(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(config, timeout, "context canceled", e);
        } finally {
            answer.cancel(true);
        }
    }

    private static IOException failed(JsonNode config, int timeoutSeconds, String why, Exception cause) {
        return new IOException(
                "failed to call webhook: Post \"" + shownUrl(config) + "?timeout=" + timeoutSeconds + "s\": " + why,
                cause);
    }

    private JsonNode exchange(Endpoint endpoint, String path, int timeoutSeconds, ObjectNode review)
            throws IOException {
        WebClient client = clients.computeIfAbsent(endpoint, WebhookClient::client);
        try {
            return exchange(client, path, timeoutSeconds, review);
        } catch (RuntimeException e) {
            // A kept-alive connection may have been closed by the other side, or have lost the first byte of the answer
            // to the client's own check of idle connections (helidon issue 10861). Only an error on a fresh connection
            // counts.
            clients.remove(endpoint, client);
            client.closeResource();
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            return exchange(clients.computeIfAbsent(endpoint, WebhookClient::client), path, timeoutSeconds, review);
        }
    }

    private static JsonNode exchange(WebClient client, String path, int timeoutSeconds, ObjectNode review)
            throws IOException {
        try (HttpClientResponse response = client.post(path)
                .queryParam("timeout", timeoutSeconds + "s")
                .header(HeaderValues.CONTENT_TYPE_JSON)
                .submit(Json.bytes(review))) {
            byte[] body = response.as(byte[].class);
            if (response.status().code() != 200) {
                throw new IOException(
                        "the server answered " + response.status() + ": " + new String(body, StandardCharsets.UTF_8));
            }
            try {
                return Json.parse(new String(body, StandardCharsets.UTF_8));
            } catch (ApiException e) {
                throw new IOException("the answer is not JSON", e);
            }
        }
    }

    private Endpoint endpoint(JsonNode config) throws IOException {
        String caBundle = Json.text(config, "caBundle");
        JsonNode service = Json.at(config, "service");
        if (service == null) {
            URI url = URI.create(Json.text(config, "url"));
            if (!"https".equals(url.getScheme()) || url.getHost() == null) {
                throw new IOException("clientConfig.url is \"" + url + "\", expected https://host[:port]/path");
            }
            int port = url.getPort() < 0 ? 443 : url.getPort();
            return endpoint(url.getHost(), InetAddress.getByName(url.getHost()), port, caBundle);
        }
        String namespace = Json.text(service, "namespace");
        String name = Json.text(service, "name");
        InetSocketAddress address = services.resolve(namespace, name, (int) Json.number(service, 443, "port"));
        String host = name + "." + namespace + ".svc";
        return endpoint(host, address.getAddress(), address.getPort(), caBundle);
    }

    /** The certificate is checked against the name of the address, which would otherwise be looked up. */
    private static Endpoint endpoint(String host, InetAddress address, int port, String caBundle) throws IOException {
        InetAddress named = InetAddress.getByAddress(host, address.getAddress());
        return new Endpoint(URI.create("https://" + host + ":" + port), named, caBundle);
    }

    private static String path(JsonNode config) {
        JsonNode service = Json.at(config, "service");
        String path = service == null ? URI.create(Json.text(config, "url")).getPath() : Json.text(service, "path");
        return path.isEmpty() ? "/" : path;
    }

    private static String shownUrl(JsonNode config) {
        JsonNode service = Json.at(config, "service");
        return service == null
                ? Json.text(config, "url")
                : "https://" + Json.text(service, "name") + "." + Json.text(service, "namespace") + ".svc:"
                        + Json.number(service, 443, "port") + path(config);
    }

    private static WebClient client(Endpoint endpoint) {
        return WebClient.builder()
                .baseUri(endpoint.base())
                .tls(tls(endpoint.caBundle()))
                .connectTimeout(Duration.ofSeconds(DEFAULT_TIMEOUT_SECONDS))
                .shareConnectionCache(false)
                .connectionCacheSize(CACHED_CONNECTIONS)
                .servicesDiscoverServices(false)
                .dnsResolver((host, lookup) -> endpoint.address())
                .build();
    }

    private static Tls tls(String caBundle) {
        TlsConfig.Builder tls = TlsConfig.builder().endpointIdentificationAlgorithm(Tls.ENDPOINT_IDENTIFICATION_HTTPS);
        if (!caBundle.isEmpty()) {
            tls.trust(certificates(caBundle));
        }
        return tls.build();
    }

    private static List<X509Certificate> certificates(String caBundle) {
        try {
            byte[] pem = Base64.getDecoder().decode(caBundle);
            return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException e) {
            throw new IllegalArgumentException("caBundle holds no PEM certificates: " + e.getMessage(), e);
        }
    }

    private static String deepest(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    @Override
    public void close() {
        calls.shutdownNow();
        clients.values().forEach(WebClient::closeResource);
        clients.clear();
    }
}
