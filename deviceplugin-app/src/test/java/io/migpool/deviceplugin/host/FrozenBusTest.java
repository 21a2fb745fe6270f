package io.migpool.deviceplugin.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The bus is there, and answers nobody. */
@Timeout(60)
class FrozenBusTest {

    @TempDir
    Path directory;

    @Test
    void aBusThatDoesNotAnswerIsGivenUpAndHungUpOn() throws Exception {
        Path socket = directory.resolve("bus");
        try (ServerSocketChannel bus = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            bus.bind(UnixDomainSocketAddress.of(socket));
            DbusSystemd systemd =
                    new DbusSystemd("unix:path=" + socket, InstantSource.system(), Duration.ofMillis(500));

            assertThatThrownBy(() -> systemd.unit("dcgm.service"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("dcgm.service")
                    .hasMessageContaining(socket.toString())
                    .hasMessageContaining("no answer within PT0.5S");

            try (SocketChannel client = bus.accept()) {
                ByteBuffer said = ByteBuffer.allocate(4096);
                int read = 0;
                while (read >= 0) {
                    said.clear();
                    read = client.read(said);
                }
                assertThat(read).as("the end of the connection").isEqualTo(-1);
            }
        }
    }

    @Test
    void whoeverIsInterruptedDoesNotWaitForTheBus() throws Exception {
        Path socket = directory.resolve("bus");
        try (ServerSocketChannel bus = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            bus.bind(UnixDomainSocketAddress.of(socket));
            DbusSystemd systemd = new DbusSystemd("unix:path=" + socket, InstantSource.system());
            AtomicReference<Exception> told = new AtomicReference<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    systemd.stop("dcgm.service");
                } catch (IOException e) {
                    told.set(e);
                }
            });
            SocketChannel client = bus.accept();

            caller.interrupt();
            caller.join();

            assertThat(told.get()).hasMessageContaining("interrupted");
            client.close();
        }
    }
}
