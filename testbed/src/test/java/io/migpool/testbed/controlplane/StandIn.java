package io.migpool.testbed.controlplane;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Programs that behave like those of a control plane with regard to command lines, health endpoints, certificates and
 * signals. The API server runs the double, in a separate process and behind TLS.
 */
public final class StandIn {

    private static final char[] PASSWORD = "stand-in".toCharArray();
    private static final String ADMINISTRATOR = "kubernetes-admin";

    private StandIn() {}

    /** Runs one of them until it is stopped. */
    public static void main(String[] words) throws Exception {
        Map<String, String> flags = Arrays.stream(words)
                .skip(1)
                .map(word -> word.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        switch (words[0]) {
            case "etcd" -> etcd(URI.create(flags.get("--listen-client-urls")));
            case "kube-apiserver" -> kubeApiServer(flags);
            case "kube-scheduler" -> kubeScheduler(flags);
            default -> throw new IllegalArgumentException(words[0]);
        }
        Thread.currentThread().join();
    }

    /** Puts scripts that run these programs into a directory. */
    public static Path install(Path directory, String... programs) throws IOException {
        Files.createDirectories(directory);
        for (String program : programs) {
            script(
                    directory.resolve(program),
                    "exec '%s' -Xmx256m -XX:TieredStopAtLevel=1 -cp '%s' %s %s \"$@\""
                            .formatted(
                                    Path.of(System.getProperty("java.home"), "bin", "java"),
                                    System.getProperty("java.class.path"),
                                    StandIn.class.getName(),
                                    program));
        }
        return directory;
    }

    static Path script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        if (!file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        return file;
    }

    private static void etcd(URI uri) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(uri.getHost(), uri.getPort()), 0);
        serve(server, "/health", "{\"health\":\"true\"}");
        server.createContext("/v3/kv/compaction", exchange -> {
            try (exchange) {
                String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(asked.contains("\"revision\": \"7\"") ? 200 : 400, -1);
            }
        });
        server.start();
    }

    private static void kubeScheduler(Map<String, String> flags) throws Exception {
        Path directory = Path.of(flags.get("--cert-dir"));
        System.out.println(Files.readString(Path.of(flags.get("--config"))));
        HttpsServer server = HttpsServer.create(
                new InetSocketAddress(flags.get("--bind-address"), Integer.parseInt(flags.get("--secure-port"))), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate(directory, "kube-scheduler.crt")));
        serve(server, "/healthz", "ok");
        server.start();
    }

    private static void kubeApiServer(Map<String, String> flags) throws Exception {
        Path tokens = Path.of(flags.get("--token-auth-file"));
        String token = Files.readAllLines(tokens).stream()
                .map(line -> line.split(",", -1))
                .filter(fields -> fields[1].equals(ADMINISTRATOR))
                .map(fields -> fields[0])
                .findFirst()
                .orElseThrow();
        ApiServer doubled = ApiServer.start(ApiServerOptions.defaults().withAdministratorToken(token));
        doubled.access().enforceRbac();
        SSLContext tls = certificate(Path.of(flags.get("--cert-dir")), "apiserver.crt");
        var listener = tls.getServerSocketFactory()
                .createServerSocket(
                        Integer.parseInt(flags.get("--secure-port")),
                        0,
                        InetAddress.getByName(flags.get("--bind-address")));
        Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    Socket outside = listener.accept();
                    Socket inside = new Socket(
                            InetAddress.getLoopbackAddress(), doubled.uri().getPort());
                    Thread.startVirtualThread(() -> pass(outside, inside));
                    Thread.startVirtualThread(() -> pass(inside, outside));
                }
            } catch (IOException e) {
                throw new IllegalStateException("the stand-in accepts no more", e);
            }
        });
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream()) {
            byte[] buffer = new byte[8192];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                to.getOutputStream().write(buffer, 0, read);
                to.getOutputStream().flush();
            }
        } catch (IOException closed) {
            System.out.println("a connection ended: " + closed.getMessage());
        }
    }

    private static void serve(HttpServer server, String path, String text) {
        server.createContext(path, exchange -> {
            try (exchange) {
                byte[] body = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
    }

    private static SSLContext certificate(Path directory, String file) throws Exception {
        Files.createDirectories(directory);
        Path store = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=stand-in",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .inheritIO()
                .start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IOException("keytool failed");
        }
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
        Files.writeString(
                directory.resolve(file),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(keys.getCertificate("server").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }
}
