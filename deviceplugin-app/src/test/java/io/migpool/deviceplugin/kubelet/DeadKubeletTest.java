package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** kubelet was killed: its socket file is still there, and nobody listens. */
class DeadKubeletTest {

    private static final String SOCKET = "kubelet.sock";

    @TempDir
    Path directory;

    private final AtomicInteger refusals = new AtomicInteger();

    @Test
    void isAskedEverMoreSeldomAndFoundAgain() throws Exception {
        leaveASocketBehind();
        try (UnixSockets sockets = new UnixSockets();
                DevicePlugin plugin = new DevicePlugin(
                        sockets,
                        directory,
                        "plugin.sock",
                        () -> Optional.of("nvidia.com/gpu"),
                        new ResourceRegistrations(),
                        new OneDevice(),
                        new NoContainers(),
                        new Counting(refusals))) {
            long begin = System.nanoTime();
            plugin.start();
            await().until(() -> refusals.get() >= 2);
            SocketIdentity ours = identity("plugin.sock");

            await().until(() -> refusals.get() >= 5);

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("pauses that double from 0.2 s, of which news in the directory may cut the first short")
                    .isGreaterThan(Duration.ofMillis(1_500));
            assertThat(identity("plugin.sock")).as("our own socket").isEqualTo(ours);
            assertThat(plugin.isRegistered()).isFalse();
            try (FakeKubelet kubelet = new FakeKubelet(directory)) {
                await().until(() -> plugin.isRegistered() && kubelet.devices().size() == 1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("unforeseen")
    void anUnforeseenFailureDoesNotEndTheRegistration(Supplier<Optional<String>> failing) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (UnixSockets sockets = new UnixSockets();
                FakeKubelet kubelet = new FakeKubelet(directory);
                DevicePlugin plugin = new DevicePlugin(
                        sockets,
                        directory,
                        "plugin.sock",
                        () -> {
                            if (asked.incrementAndGet() <= 2) {
                                return failing.get();
                            }
                            return Optional.of("nvidia.com/gpu");
                        },
                        new ResourceRegistrations(),
                        new OneDevice(),
                        new NoContainers(),
                        new Counting(refusals))) {
            plugin.start();

            await().until(() -> plugin.isRegistered() && kubelet.devices().size() == 1);
        }
    }

    static List<Supplier<Optional<String>>> unforeseen() {
        return List.of(
                () -> {
                    throw new IllegalStateException("a defect");
                },
                () -> {
                    throw new OutOfMemoryError("unable to create native thread");
                });
    }

    private SocketIdentity identity(String socket) throws IOException {
        return SocketIdentity.of(directory.resolve(socket)).orElseThrow();
    }

    /** Closing a channel leaves the file of its socket. */
    private void leaveASocketBehind() throws IOException {
        Path socket = directory.resolve(SOCKET);
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(Files.exists(socket)).isTrue();
    }

    private record OneDevice() implements DeviceSupply {

        @Override
        public List<OfferedDevice> devices() {
            return List.of(new OfferedDevice("one", true, OptionalInt.empty()));
        }

        @Override
        public void onChange(Runnable listener) {}
    }

    private record NoContainers() implements AllocationHandler {

        @Override
        public Answer reserve(NavigableSet<String> ids) throws IOException {
            throw new IOException("nothing is given in this test");
        }

        @Override
        public void prepare(NavigableSet<String> ids) throws PreparationException {
            throw new PreparationException(StartFailure.POD_GONE, "nothing is given in this test");
        }
    }

    /** Counts refused registrations. */
    private record Counting(AtomicInteger refusals) implements KubeletObserver {

        @Override
        public void allocated(Duration took, Optional<String> failure) {}

        @Override
        public void prepared(Duration took, Optional<String> failure) {}

        @Override
        public void registered(Optional<String> failure) {
            failure.ifPresent(reason -> refusals.incrementAndGet());
        }
    }
}
