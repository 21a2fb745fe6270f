package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Clients that open more connections to the admin socket than it takes, and complete no request. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
class FullSocketTest {

    /** {@code server.sockets.0.protocols.bounded-http.max-connections} */
    private static final int CONNECTIONS = 128;

    private static final int LONG_MS = 60_000;
    private static final String REQUEST = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String ANSWERED = "HTTP/1.1 200";
    private static final AppUnderTest APP = new AppUnderTest();

    @Inject
    private ServerCdiExtension server;

    @AddConfigSource
    static ConfigSource kubeconfig() throws IOException {
        return APP.kubeconfig();
    }

    @AfterAll
    static void stop() {
        APP.close();
    }

    @Test
    void thoseThatWaitForTheirClientsGiveWayAndKubeletsProbesHaveASocketOfTheirOwn() throws Exception {
        List<Socket> filling = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * CONNECTIONS; i++) {
                filling.add(connected("admin", "GET /health HTTP/1.1\r\nX-Unfinished: "));
            }

            try (Socket further = connected("admin", REQUEST)) {
                assertThat(status(further)).isEqualTo(ANSWERED);
            }
            try (Socket kubelet = connected("probes", REQUEST)) {
                assertThat(status(kubelet)).isEqualTo(ANSWERED);
            }
            assertThat(isCutOff(filling.getFirst())).isTrue();
        } finally {
            for (Socket socket : filling) {
                socket.close();
            }
        }
    }

    private Socket connected(String name, String text) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port(name));
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String status(Socket socket) throws IOException {
        socket.setSoTimeout(LONG_MS);
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    private static boolean isCutOff(Socket socket) throws IOException {
        socket.setSoTimeout(LONG_MS);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }
}
