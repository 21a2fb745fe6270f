package io.migpool.testbed.controlplane;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The address of a server process, and the certificates to trust.
 *
 * @param uri base address
 * @param certificate PEM file with the certificates to trust, which the process writes itself; empty without TLS
 */
record ServerAddress(URI uri, Optional<Path> certificate) {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int OK = 200;

    static ServerAddress plain(int port) {
        return new ServerAddress(URI.create("http://127.0.0.1:" + port), Optional.empty());
    }

    static ServerAddress secured(int port, Path certificate) {
        return new ServerAddress(URI.create("https://127.0.0.1:" + port), Optional.of(certificate));
    }

    /** Returns whether a GET is answered with 200. */
    boolean isOk(String path, String token) throws IOException, InterruptedException {
        return send(path, token).statusCode() == OK;
    }

    /** Returns the body of the answer to a GET. */
    String get(String path, String token) throws IOException, InterruptedException {
        return body(path, send(path, token));
    }

    /** Returns the body of the answer to a POST without a token. */
    String post(String path, String json) throws IOException, InterruptedException {
        return body(path, send(request(path).POST(HttpRequest.BodyPublishers.ofString(json))));
    }

    private String body(String path, HttpResponse<String> response) throws IOException {
        if (response.statusCode() != OK) {
            throw new IOException("%s%s answered %d: %s".formatted(uri, path, response.statusCode(), response.body()));
        }
        return response.body();
    }

    private HttpResponse<String> send(String path, String token) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return send(request);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri.resolve(path)).timeout(TIMEOUT);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try (HttpClient client = client()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private HttpClient client() throws IOException {
        HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(TIMEOUT);
        if (certificate.isPresent()) {
            client.sslContext(trusting(certificate.get()));
        }
        return client.build();
    }

    private static SSLContext trusting(Path file) throws IOException {
        try (InputStream pem = Files.newInputStream(file)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int index = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("authority-" + index++, each);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no certificates to trust: " + e.getMessage(), e);
        }
    }
}
