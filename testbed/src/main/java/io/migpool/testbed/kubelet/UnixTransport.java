package io.migpool.testbed.kubelet;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** gRPC over unix sockets: owns the event loop and the threads that serve and call. */
final class UnixTransport implements AutoCloseable {

    private static final long CLOSE_SECONDS = 5;

    private final EventLoopGroup loop;
    private final ExecutorService calls;

    UnixTransport(String name) {
        this.loop = new MultiThreadIoEventLoopGroup(
                1, Thread.ofPlatform().name(name + "-sockets-", 0).daemon(true).factory(), NioIoHandler.newFactory());
        this.calls = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(name + "-call-", 0).factory());
    }

    /** Serves on a socket file; removes an old one first, because bind refuses an existing name. */
    Server serve(Path socket, BindableService service) throws IOException {
        Files.createDirectories(socket.toAbsolutePath().getParent());
        Files.deleteIfExists(socket);
        return NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .executor(calls)
                .addService(service)
                .build()
                .start();
    }

    ManagedChannel dial(Path socket) {
        return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class)
                .eventLoopGroup(loop)
                .executor(calls)
                .usePlaintext()
                .overrideAuthority("localhost")
                .build();
    }

    @Override
    public void close() {
        calls.shutdownNow();
        try {
            // Calls in progress end before the owner goes on to close what they use.
            calls.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        // A quiet period of zero: every channel and server on this loop has been shut down by its owner already.
        var _ = loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
